// Package monitor is when we look and what we look for: it polls feeds as they
// fall due, keeps what is new, matches it against the watch rules and records
// who is to hear of it.
//
// Its documentation is also that of copytaster's architecture.
//
// # Three nouns
//
// News travels from feeds (what publishers say) through monitor (when we look,
// what we look for) to notify (who hears). Everything lives under one of them,
// and under cmd, which wires them together.
//
// Imports point strictly down, and packages on one floor do not meet; a test
// beside the command compares this table with the code:
//
//	5  cmd/copytaster          one file per command; wiring, signals, exit codes
//	4  cmd/copytaster/config   YAML and environment → validated values
//	3  monitor                 schedule and pipeline
//	   monitor/web             output feeds, API, page, metrics
//	   monitor/store/boltstore the embedded store
//	   monitor/store/storetest what every store must do
//	2  monitor/store           the store's contract
//	   monitor/match           many rules against one article
//	   notify/webhook, notify/console, notify/notifytest
//	1  monitor/rule            the watch language
//	   notify                  Alert, Delivery, Dispatcher
//	   feeds/fetch, feeds/parse, feeds/encode, feeds/opml
//	0  feeds                   Feed, Article, identity
//	   monitor/text            words: segment, fold, stem, language
//
// # One article's journey
//
//	store.Claim       feeds that are due are leased, a few per host at a time
//	fetch.Fetch       one conditional request; "304" and "same body" are results
//	parse.Parse       bytes → articles; items that were there last time are cut
//	                  out of the document before it is parsed
//	feeds.Identify    what makes each article itself
//	store.Unseen      which are new or changed; read only
//	match.Match       which rules match, where, and why
//	store.Commit      ONE transaction: the feed's state, keys, articles, alerts,
//	                  deliveries
//	Dispatcher.Wake   if there are deliveries
//	outbox.Due → Notifier.Notify → outbox.Settle
//	web: store.Articles → encode.Atom
//
// Package monitor owns the steps up to Commit (poll.go reads in that order),
// notify.Dispatcher those after it.
//
// # The promise
//
// Whatever happens, no article is lost, no alert is recorded twice, and each
// is delivered at least once. Four rules carry it:
//
//   - The validators of a response (ETag, Last-Modified) are recorded in the
//     transaction that records the articles and alerts which that response
//     carried. A poll that fails keeps the old ones, also when it fails after
//     a good response. So "304 Not Modified" only ever hides what is recorded.
//   - Commit decides inside its transaction what is new. What was decided
//     before (Unseen) only saves work.
//   - A delivery is recorded with its alert. It leaves the outbox only when its
//     receiver accepted it, or as dead, to be replayed under the same id.
//   - The keys of articles outlive the articles by a year: what a feed shows
//     again is not new again.
//
// A shutdown needs nothing special, then: it gives up requests under way, and
// waits for records and deliveries under way only so as not to repeat them.
//
// # When to poll
//
// A feed's next poll is a stored time, computed by [Schedule.Next] from the
// schedule, the feed's id and the last poll alone: a restart neither polls
// early nor polls everything at once. After failures the wait doubles, and a
// host that says Retry-After is left alone for that long, whatever other feeds
// it serves. There is no goroutine, timer or cron entry per feed: workers take
// what the store's schedule hands out, and robfig/cron supplies the arithmetic
// of cron lines and runs the housekeeping.
//
// Wall-clock times are stored, so a clock that is set back would stretch every
// wait. The scheduler compares the wall clock with the monotonic one, and
// start-up with the last recorded time, and has the store rebase its waits
// (store.Store.Rebase) when the clock turns out to be behind.
//
// # When the configuration changes
//
// What the configuration makes of a monitor is a setup that never changes
// (setup.go). [Monitor.Reconfigure] makes another one, tells the store which
// feeds there are, and swaps a pointer; claiming feeds and recording polls wait
// for that moment, so the store and the monitor always agree, and no time of
// the old schedule is recorded after the new one holds. A poll keeps the setup
// it began with: all its articles are matched by one set of rules, and each
// match and alert is recorded with the version of the rule that made it.
//
// The command does the same with the rest: a web.Handler never changes and is
// swapped as a whole, and the dispatcher ends as it does at a shutdown before
// the next one begins, so no two hold the same delivery.
//
// # Where the design was changed
//
// The first design had one goroutine own all writing to the embedded store.
// The store now lets the first waiting caller write for all (group commit):
// the same batches, and no goroutine that outlives the function that started
// it.
//
// Parse cuts out the items that stood in the document last time. That was
// planned as a later step; it came first because the window of items that it
// needs is also what tells when an article has left its feed, from which the
// year of its key counts.
//
// # Dependencies
//
// Each direct dependency and why it is there:
//
//   - code.dny.dev/ssrf: refuses connections into private networks at dial
//     time; its tables are generated from IANA's registries.
//   - github.com/KimMachineGun/automemlimit: tells the garbage collector of a
//     container's memory limit, which Go does not read by itself.
//   - github.com/andybalholm/brotli: brotli-compressed responses.
//   - github.com/blevesearch/snowballstem: Snowball stemmers as plain Go.
//   - github.com/cespare/xxhash/v2: fast fingerprints of documents and items.
//   - github.com/clipperhouse/uax29/v2: Unicode word boundaries.
//   - github.com/coreos/go-systemd/v22: sd_notify.
//   - github.com/google/go-cmp: readable differences in tests.
//   - github.com/klauspost/compress: zstd for responses and stored articles.
//   - github.com/mattn/go-runewidth: display width of text on a terminal.
//   - github.com/microcosm-cc/bluemonday: sanitises HTML.
//   - github.com/mmcdole/gofeed: parses RSS, Atom and JSON feeds.
//   - github.com/oklog/ulid/v2: ids that sort by time.
//   - github.com/prometheus/client_golang: metrics.
//   - github.com/robfig/cron/v3: cron lines and the housekeeping runner.
//   - github.com/rogpeppe/go-internal: testscript, for tests of the commands.
//   - github.com/santhosh-tekuri/jsonschema/v6: checks JSON feeds in tests.
//   - github.com/spf13/cobra: commands, flags, completion.
//   - github.com/standard-webhooks/standard-webhooks/libraries: webhook
//     signatures, and in tests their verification by somebody else's code.
//   - go.etcd.io/bbolt: the embedded database.
//   - go.uber.org/goleak: finds goroutines that outlive a test.
//   - go.yaml.in/yaml/v4: YAML with line numbers.
//   - golang.org/x/net: character sets, HTML tokens, internationalised hosts.
//   - golang.org/x/sync: errgroup, semaphore and singleflight.
//   - golang.org/x/term: whether output is a terminal, and how wide.
//   - golang.org/x/text: normalisation, folding, language tags.
package monitor
