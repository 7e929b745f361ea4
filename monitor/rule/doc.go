// Package rule is the watch language: what a rule, a search or a filter says,
// and the plain evaluator that defines what it means.
//
// The language is a superset of what people know from other alerting and
// search services:
//
//	gulf crisis mediation      all of these, in any grammatical form
//	a OR b, a | b              either
//	NOT a, -a                  must not occur
//	( … )                      grouping; NOT binds tighter than AND (space), AND than OR
//	"gulf crisis"              next to each other, in this order, in any grammatical form
//	=mediation, ="the Gulf"    exactly this form, case and accents folded
//	+Gulf, +"Gulf Crisis"      exactly this form and this case
//	mediat*, *gulf, wom?n      * any letters, ? one
//	title:gulf, body:(a OR b)  only there
//	site:reuters.com  feed:"BBC Middle East"  tag:gulf  lang:ar
//
// Keywords are upper case; a quoted keyword is a word. Smart quotes and
// full-width forms are read as plain ones. Chinese, Japanese and Thai are
// written without spaces: a run of them is a phrase of single characters.
package rule
