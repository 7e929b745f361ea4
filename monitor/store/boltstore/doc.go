// Package boltstore keeps a copytaster's memory in one bbolt file.
//
// # Writing
//
// All writes go through one group commit: the caller that finds no transaction
// under way runs one for itself and everybody who queued, and while it waits
// for the disk the next batch gathers. There is no writer goroutine and no
// artificial delay. A request that is refused, or panics, does not touch the
// others of its batch. A caller whose context ends while it waits still gets
// the true result: what may be on disk is never reported as undone.
//
// # Reading
//
// Read transactions are short: rows are copied out a few hundred at a time and
// decoded outside. When feeds are due, who holds a lease and which deliveries
// are in hand is held in memory; only what outlives the process is in the file.
//
// # The file
//
//	meta        "schema", "mark"
//	feeds       number(4)                 → what the configuration and the document say
//	states      number(4)                 → State, rewritten by each poll
//	windows     number(4)                 → fingerprint(8) key(12), for each item
//	known       number(4) key(12)         → article id(16) revision(8) left(4)
//	            number(4) other key(12)   → key(12) that the article is known under
//	articles    id(16)                    → header, zstd
//	by-feed     number(4) id(16)
//	by-rule     length(2) rule id(16)     → version of the rule, or nothing
//	matched     id(16)
//	alerts      id(16)                    → header, zstd
//	pending     id(16)                    → delivery
//	settled     id(16)                    → delivery
//	due         length(2) receiver next(8) id(16)
//
// Integers in keys are big-endian, so that keys sort as what they stand for.
// Ids are ULIDs that only ever grow, also when the clock is set back. The
// deliveries of an alert have the ids that follow the alert's own.
package boltstore
