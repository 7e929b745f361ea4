// Package match finds, among many rules, those that an article matches, and
// shows why.
//
// An index hangs each rule on words of which at least one occurs in every
// article that the rule matches. Only rules that one of the article's words
// leads to are evaluated, by the rule package's plain evaluator.
package match
