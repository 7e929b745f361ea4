// Package match finds, among many rules, those that an article matches, and
// shows why.
//
// It is prospective search: the rules are what is indexed, the article is the
// query. What rules ask of an article (a word in any form, a word in exactly
// one, a pattern, a fact) is numbered, and a table that fills as articles come
// says for each word as it is written which of these ids it has. A rule hangs
// on the rarest id that every article which it matches has, its anchor, as an
// entry that names another such id, its guard. An article looks at the entries
// of the ids it has, drops those whose guard it has not, and tests what
// remains: up to two more ids, in the entry itself; two words next to or near
// each other, by their places; a larger combination of these, by a small
// program. What is beyond that (case, regular expressions, counts, sentences)
// is left to the rule package's plain evaluator, which is also what defines
// all the rest and what tests compare the index with.
//
// An Index never changes. Update makes another one that shares all but what
// changed, so that matching goes on with the old one meanwhile.
package match
