// Package store is the contract between copytaster and its memory: feeds and
// when they are due, articles and the keys that make each one known for ever,
// alerts, and the outbox of deliveries.
//
// The promise that every implementation keeps: what one Commit carries is
// recorded as a whole or not at all, and is on disk when Commit returns. The
// HTTP validators of a response are part of the same Commit as the articles
// and alerts that the response carried, so a crash can never make the next
// "304 Not Modified" hide what was not recorded.
//
// Package storetest holds the tests that every implementation passes.
package store

import (
	"context"
	"errors"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/notify"
)

var (
	// ErrLocked is returned by an Open when another process holds the store.
	ErrLocked = errors.New("the store is in use by another process")
	// ErrDamaged is returned when the store's file is not what it should be.
	ErrDamaged = errors.New("the store is damaged")
	// ErrFull is returned when there is no room left on the device. Nothing
	// of the failed call was recorded; the store stays usable.
	ErrFull = errors.New("no space left on the device")
	// ErrLeaseLost is returned by Commit when the feed was claimed again
	// since: somebody else's result stands.
	ErrLeaseLost = errors.New("the lease on the feed has expired")
	// ErrNotFound is returned when no record has the id.
	ErrNotFound = errors.New("not found")
)

// Store is the memory of a copytaster. It is safe for concurrent use. Methods
// do not keep or change what they are given, except where they say so, and
// what they return belongs to the caller. All times are UTC, to the
// millisecond.
//
// A store has no clock of its own: every method that needs the time is told.
type Store interface {
	notify.Outbox
	Schedule
	Archive
	Ledger

	// Unseen returns, for each identity in order, what the store knows of
	// such an article of the feed. It only reads.
	Unseen(ctx context.Context, feed feeds.FeedID, ids []feeds.Identity) ([]Sighting, error)

	// Commit records a poll: the feed's state, its window, new and edited
	// articles, their alerts, and a pending delivery for each of an alert's
	// receivers, due at once. It fills in the ids of the articles, alerts and
	// their Seen and Time fields in p.
	//
	// Commit decides again which entries are new: an entry whose key became
	// known since Unseen, or repeats an earlier entry of the same poll, is
	// left out with its alerts.
	//
	// Errors: ErrLeaseLost, ErrFull, ErrDamaged; after any error nothing of p
	// is recorded.
	Commit(ctx context.Context, p *Poll) (Receipt, error)

	// Rebase repairs waits after the clock was set back to now: every feed
	// and delivery whose wait began after now begins that same wait at now.
	// It returns how many it moved. It is cheap when nothing lies ahead.
	Rebase(ctx context.Context, now time.Time) (moved int, err error)

	// Prune forgets what is old, in steps short enough not to hold up
	// commits.
	Prune(ctx context.Context, p Retention) (Pruned, error)

	// Ping returns nil when the store can be written to.
	Ping(ctx context.Context) error

	// Close waits for calls under way and releases the store.
	Close() error
}

// Schedule is the part of a store that knows when feeds are due.
type Schedule interface {
	// Sync tells the store which feeds are configured, all of them. A feed it
	// has not met becomes due at once; one that is not listed is not claimed
	// any more but keeps its history; a stored due time after
	// Subscription.Latest comes forward to it, unless the feed is being left
	// alone (State.Failures > 0 or State.RetryAfter not yet past).
	Sync(ctx context.Context, subs []Subscription, now time.Time) error

	// Claim leases feeds that are due, longest due first, at most o.PerHost
	// per host counting the leases that are out. No feed of a host is claimed
	// before the latest State.RetryAfter among that host's feeds, nor within
	// o.Gap of the last claim of one of them. next is when
	// the next feed can be claimed if no lease is returned before: the zero
	// time when there is none.
	Claim(ctx context.Context, o ClaimOptions) (leases []Lease, next time.Time, err error)

	// Release gives a lease back without a result; the feed is due again at
	// the given time. A lease that was lost is ignored.
	Release(ctx context.Context, l Lease, due time.Time) error

	// State returns the state of one feed, ErrNotFound if it was never synced.
	State(ctx context.Context, feed feeds.FeedID) (State, error)
}

// Subscription is one configured feed, as far as the store needs to know it.
type Subscription struct {
	ID feeds.FeedID
	// Source is what articles say of the feed. Name may be "": the store
	// then shows the feed's own title, else the URL's host.
	Source feeds.Source
	// Host is feeds.Feed.Host.
	Host string
	// Latest is the last acceptable due time: the schedule's next time after
	// now. The zero time sets no bound.
	Latest time.Time
}

// ClaimOptions says what to claim.
type ClaimOptions struct {
	Now   time.Time
	Limit int
	// PerHost is the most leases that may be out for one host, at least 1.
	PerHost int
	// Gap returns how long a host is left alone after a claim of one of its
	// feeds, whatever others are due. nil is not at all.
	Gap func(host string) time.Duration
	// Lease is how long a lease lasts. An expired one can be claimed anew.
	Lease time.Duration
	// Only, when not nil, limits the claim to these feeds and takes them
	// whether they are due or not.
	Only []feeds.FeedID
}

// Lease is the right to commit one poll of a feed. It ends with that Commit, a
// Release, another Claim after it expired, or the Close of the store.
type Lease struct {
	Feed feeds.FeedID
	// Epoch grows with every claim of the feed.
	Epoch   uint64
	Expires time.Time
	State   State
	// Window is what the feed's document held at the last poll that read it,
	// in its order.
	Window []Item
}

// Item is one item of a feed's current document.
type Item struct {
	// Fingerprint is of the item's raw bytes and their context: the same
	// fingerprint means that reading it again would tell nothing new.
	Fingerprint uint64
	// Key is the one that the article is known under: Sighting.Key.
	Key feeds.Key
}

// State is what is known of a feed between polls.
type State struct {
	// Due is when to poll next.
	Due time.Time
	// Polled is when the last poll ended; Succeeded when the last good one
	// did, 304s included. Zero: never.
	Polled    time.Time
	Succeeded time.Time
	// ETag and LastModified are the server's validators, byte by byte.
	ETag         string
	LastModified string
	// Endpoint is a hash of the URL that the validators belong to.
	Endpoint uint64
	// BodyHash is of the last body that was read, 0 for none.
	BodyHash uint64
	// Failures counts the failed polls since the last good one.
	Failures int
	// ErrorKind and Error are the class and the text of the last failure and
	// stay until a poll succeeds. They show no secret.
	ErrorKind string
	Error     string
	// RetryAfter is until when the server asked this feed's host to be left
	// alone; past or zero: it did not.
	RetryAfter time.Time
	// Title, Site and Language are the document's own.
	Title    string
	Site     string
	Language string
	// Articles counts the articles ever stored for the feed, NewestAt is when
	// the last of them was. The store maintains both; Commit ignores them.
	Articles int
	NewestAt time.Time
}

// Novelty is how an article compares with what is stored.
type Novelty uint8

const (
	// New: not known under its key or by its aliases.
	New Novelty = iota
	// Changed: known, with another text.
	Changed
	// Known: known as it is, or known and pruned since.
	Known
)

// Sighting is what the store knows of an article.
type Sighting struct {
	Novelty Novelty
	// Key is the key that the article is known under; it differs from the
	// asked one when the article was recognised by its aliases. For New it is
	// the asked one.
	Key feeds.Key
}

// Poll is the whole result of polling one feed once.
type Poll struct {
	Lease Lease
	// At is when the poll ended.
	At    time.Time
	State State
	// Window is the document's items in order; nil when the document was not
	// read (304, same body, failure) and the old window stands. A key that
	// leaves the window is remembered from At on.
	Window []Item
	// Entries are the new and changed articles, oldest first.
	Entries []Entry
}

// Entry is one article to record.
type Entry struct {
	Article  *feeds.Article
	Identity feeds.Identity
	// Known is the key that a changed article is stored under; for a new one
	// it equals Identity.Key.
	Known   feeds.Key
	Novelty Novelty // New or Changed
	// Rules are the names of the rules that match, for the output feeds. They
	// replace those recorded for a changed article.
	Rules []string
	// Versions are those of Rules, in their order; nil where they are not
	// known.
	Versions []string
	// Alerts are to be recorded with a new article. Alert.Article is Article.
	Alerts []notify.Alert
}

// Receipt is what a Commit recorded.
type Receipt struct {
	New, Changed int
	// Alerts counts the alerts recorded.
	Alerts int
	// Receivers are the names with new deliveries, each once.
	Receivers []string
}

// Archive is the part of a store that articles are read from.
type Archive interface {
	// Articles returns articles as q asks, newest first: in descending order
	// of id. Article.Feed is filled in.
	Articles(ctx context.Context, q Query) ([]*feeds.Article, error)

	// Matches returns the rules that were recorded with an article, by name,
	// each with the version that matched; Rule.Match is not kept. It is
	// ErrNotFound that there is no such article.
	Matches(ctx context.Context, id string) ([]notify.Rule, error)

	// Revision grows with every change that Articles could show. It starts
	// anew with each Open.
	Revision() uint64

	// Feeds calls yield for each feed ever synced until it returns false.
	Feeds(ctx context.Context, yield func(FeedInfo) bool) error
}

// Query selects articles. Its conditions are all required.
type Query struct {
	// Rule limits to articles that match the rule of that name.
	Rule string
	// Matched limits to articles that match any rule.
	Matched bool
	// Feeds limits to articles of these feeds when not nil.
	Feeds []feeds.FeedID
	// ID limits to one article.
	ID string
	// Before limits to articles with a smaller id when not "".
	Before string
	// Since limits to articles seen at that time or later when not zero.
	Since time.Time
	// Limit is the most articles to return; 0 is 50.
	Limit int
}

// FeedInfo is a feed with its state.
type FeedInfo struct {
	ID     feeds.FeedID
	Source feeds.Source
	// Configured tells whether the last Sync listed the feed.
	Configured bool
	State      State
}

// Ledger is the part of a store that deliveries are looked up in.
type Ledger interface {
	// Deliveries returns deliveries as q asks, newest first.
	Deliveries(ctx context.Context, q DeliveryQuery) ([]notify.Delivery, error)

	// Replay makes the deliveries that q selects pending again, due at now,
	// with no attempt counted and under their old ids, and returns how many.
	// Deliveries in a dispatcher's hands are left alone. q.Limit 0 is no
	// limit here.
	Replay(ctx context.Context, q DeliveryQuery, now time.Time) (int, error)

	// Depth returns the number of pending deliveries by receiver and when the
	// oldest of them all was created (zero: there is none).
	Depth(ctx context.Context) (pending map[string]int, oldest time.Time, err error)
}

// DeliveryQuery selects deliveries. Its conditions are all required; zero
// values set none.
type DeliveryQuery struct {
	ID       string
	State    notify.State
	Receiver string
	Rule     string
	// Since and Until bound Delivery.Created: [Since, Until).
	Since, Until time.Time
	// Before limits to smaller ids, for paging.
	Before string
	// Limit is the most deliveries to return; 0 is 50.
	Limit int
}

// Retention says what Prune forgets.
type Retention struct {
	// Articles seen before this time, their place in output feeds, and
	// alerts and settled deliveries older than it. An article that still
	// stands in its feed's window stays.
	Articles time.Time
	// Keys whose articles are pruned and that left their feed's window before
	// this time.
	Keys time.Time
}

// Pruned is what Prune forgot.
type Pruned struct {
	Articles, Keys, Deliveries int
}
