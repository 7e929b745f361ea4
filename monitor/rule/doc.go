// Package rule is the watch language: what a rule, a search or a filter says,
// and the plain evaluator that defines what it means.
//
// The language is a superset of what people know from other alerting and
// search services:
//
//	gulf crisis mediation      all of these, in any grammatical form
//	a OR b, a | b              either
//	NOT a, -a                  must not occur
//	( … )                      grouping
//	"gulf crisis"              next to each other, in this order, in any grammatical form
//	=mediation, ="the Gulf"    exactly this form, case and accents folded
//	+Gulf, +"Gulf Crisis"      exactly this form and this case
//	mediat*, *gulf, wom?n      * any letters, ? one
//	"gulf crisis"~5            in one window with at most 5 other words, in any order
//	a NEAR/10 b                the same; NEAR is NEAR/4, AROUND(10) and W/10 are NEAR/10
//	a ONEAR/10 b, a PRE/10 b   the same, in this order
//	a NEAR/S b, a NEAR/P b     in one sentence, in one paragraph
//	ATLEAST/3 gulf             at least three times
//	2 OF (qatar, oman, kuwait) at least two of the list
//	title:gulf, body:(a OR b)  only there; also author:, category: and url:
//	site:reuters.com  feed:"BBC Middle East"  tag:gulf  lang:ar
//	/mediat(e|or)s?/, /…/i     RE2 regular expression on the text itself
//	@mediators                 what the configuration defines under that name
//
// Field names and prefix marks bind tightest, then NEAR and its like, NOT, AND
// (space) and OR. Keywords are upper case; a quoted keyword is a word. Smart
// quotes and full-width forms are read as plain ones, except in a regular
// expression.
//
// # Words
//
// Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese are searched
// character by character: a run of characters in an expression is a phrase,
// wherever it stands in a run of the article, and one character can be looked
// for. Distances count characters there.
//
// In Arabic a conjunction or preposition written onto an article's word does
// not hide it; an expression's word is taken as it is written, save for the
// article (ال) and what stands before it.
//
// # Distances
//
// The sides of NEAR are words, phrases, wildcards and OR-groups of them. Each
// has a place of its own: "gulf NEAR gulf" asks for the word twice. In a chain
// the distance counts all words of the window that belong to no side. The
// evidence is the sides' places in windows that do not overlap, taken from the
// left.
//
// # Counting
//
// ATLEAST counts places that do not overlap, in all fields together; those of
// a distance are its windows. A stretch of eight words or more that the
// content repeats from the summary, or the whole of a shorter summary, counts
// once.
package rule
