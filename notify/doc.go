// Package notify is who hears: alerts, their deliveries to receivers, and the
// dispatcher that makes deliveries happen.
//
// An alert is a rule that matched an article. A delivery is an alert on its
// way to one receiver. Both are recorded by the store in the transaction that
// records the article (the outbox), so whatever happens afterwards a delivery
// is made at least once, under an id that never changes.
//
// # The life of a delivery
//
//	pending ──attempt succeeds──▶ delivered
//	   │ ▲                            │
//	   │ └────────replay──────────────┤
//	   │                              │
//	   └──attempts used up, or──────▶ dead
//	      permanent failure
//
// A pending delivery has a time before which it is not attempted; each failed
// attempt moves that time by the schedule of [Delay]. Attempts made are counted
// in the store, so a restart goes on where the last process stopped.
package notify
