package boltstore

import (
	"math"
	"slices"
	"sync"

	"github.com/copytaster/copytaster/feeds"
)

// schedule is what of the feeds is in memory: when each is due, who holds
// which lease, and when each host can be asked again. Times are in
// milliseconds.
type schedule struct {
	mu      sync.Mutex
	feeds   []feed // by number
	numbers map[feeds.FeedID]number
	hosts   map[string]*host
	// ready holds the hosts that had a feed to claim at the last Claim, by
	// their longest due feed; later holds the others, by when they will have.
	// Both are right for perHost leases to a host.
	ready, later []*host
	perHost      int
	// leases is a heap of the leased feeds by when their leases expire.
	leases []number
	// epoch is the last one given to a lease.
	epoch uint64
	// now is the time that the last Claim was told, claimed the latest that any
	// was, longest the length of the longest lease.
	now, claimed, longest int64
}

type feed struct {
	id   feeds.FeedID
	host *host
	due  int64
	// key is due while the feed waits, and when the lease expires while it is
	// leased.
	key   int64
	retry int64
	// epoch is that of the last lease.
	epoch uint64
	pos   int32 // in the host's list that belongs to place
	lease int32 // in the schedule's leases, while leased
	place place
	// held is set until the last lease is used up, also when it has expired.
	held       bool
	configured bool
	failing    bool
}

// place says what a feed does.
type place uint8

const (
	parked     place = iota // not configured
	waiting                 // for its time
	leased                  // somebody polls it
	committing              // the result of that poll is being written
)

type host struct {
	name string
	// waiting is a heap by due, the others are in no order; parked holds those
	// that are committing as well.
	waiting, leased, parked []number
	committing              int32 // how many
	// pause is the latest time that a feed asked the host to be left alone
	// until; holders counts the feeds that asked for just that.
	holders int32
	pause   int64
	// rest is until when the host is left alone after its last claim.
	rest int64
	// key is the host's rank in ready or later, pos its place there.
	key   int64
	pos   int32
	queue queue
}

type queue uint8

const (
	inNone queue = iota
	inReady
	inLater
)

func newSchedule(epoch uint64) *schedule {
	return &schedule{
		numbers: make(map[feeds.FeedID]number),
		hosts:   make(map[string]*host),
		perHost: 1,
		epoch:   epoch,
	}
}

// byHost ranks hosts by key.
type byHost struct{}

func (byHost) before(a, b *host) bool        { return a.key < b.key }
func (byHost) placed(h *host, pos int)       { h.pos = int32(pos) }
func (s *schedule) placed(n number, pos int) { s.feeds[n].pos = int32(pos) }

func (s *schedule) before(a, b number) bool {
	if s.feeds[a].key != s.feeds[b].key {
		return s.feeds[a].key < s.feeds[b].key
	}
	return a < b
}

// byExpiry ranks leased feeds.
type byExpiry struct{ *schedule }

func (s byExpiry) placed(n number, pos int) { s.feeds[n].lease = int32(pos) }

// hostNamed returns the host of a name, which is copied if it is new.
func (s *schedule) hostNamed(name []byte) *host {
	h := s.hosts[string(name)]
	if h == nil {
		h = &host{name: string(name), pause: never, rest: never}
		s.hosts[h.name] = h
	}
	return h
}

// add puts a feed under the next number. The host's rank is not mended: see
// rank.
func (s *schedule) add(f feed) {
	n := number(len(s.feeds))
	s.numbers[f.id] = n
	f.place = parked
	if f.configured {
		f.place = waiting
	}
	s.feeds = append(s.feeds, f)
	s.asked(f.host, f.retry)
	s.put(n)
}

// move changes what a feed does; key is to be set before it is leased. The
// host's rank is not mended: see rank.
func (s *schedule) move(n number, to place) {
	s.take(n)
	s.feeds[n].place = to
	s.put(n)
}

// rest lets a feed wait, or parks it when it is not configured.
func (s *schedule) rest(n number) {
	if s.feeds[n].configured {
		s.move(n, waiting)
	} else {
		s.move(n, parked)
	}
}

// put puts a feed into the list of its host that its place asks for.
func (s *schedule) put(n number) {
	f := &s.feeds[n]
	h := f.host
	list := &h.parked
	switch f.place {
	case waiting:
		f.key = f.due
		h.waiting = push(h.waiting, n, s)
		return
	case leased:
		list = &h.leased
		s.leases = push(s.leases, n, byExpiry{s})
	case committing:
		h.committing++
	}
	*list = append(*list, n)
	s.placed(n, len(*list)-1)
}

// take removes a feed from its host's list.
func (s *schedule) take(n number) {
	f := &s.feeds[n]
	h := f.host
	list := &h.parked
	switch f.place {
	case waiting:
		h.waiting = remove(h.waiting, int(f.pos), s)
		return
	case leased:
		list = &h.leased
		s.leases = remove(s.leases, int(f.lease), byExpiry{s})
	case committing:
		h.committing--
	}
	last := len(*list) - 1
	(*list)[f.pos] = (*list)[last]
	s.placed((*list)[last], int(f.pos))
	*list = (*list)[:last]
}

// rehost moves a feed to another host.
func (s *schedule) rehost(n number, to *host) {
	f := &s.feeds[n]
	from := f.host
	if from == to {
		return
	}
	s.take(n)
	s.unasked(from, f.retry)
	f.host = to
	s.asked(to, f.retry)
	s.put(n)
	s.rank(from)
	s.rank(to)
}

// asked notes that a feed of the host asked to be left alone.
func (s *schedule) asked(h *host, until int64) {
	switch {
	case until == never || until < h.pause:
	case until == h.pause:
		h.holders++
	default:
		h.pause, h.holders = until, 1
	}
}

// unasked notes that a feed of the host does not ask for that any more.
func (s *schedule) unasked(h *host, until int64) {
	if until == never || until != h.pause {
		return
	}
	if h.holders--; h.holders > 0 {
		return
	}
	h.pause, h.holders = never, 0
	for _, list := range [][]number{h.waiting, h.leased, h.parked} {
		for _, n := range list {
			s.asked(h, s.feeds[n].retry)
		}
	}
}

// setRetry changes until when a feed asks its host to be left alone.
func (s *schedule) setRetry(n number, until int64) {
	f := &s.feeds[n]
	old := f.retry
	if old == until {
		return
	}
	f.retry = until
	s.asked(f.host, until)
	s.unasked(f.host, old)
}

// setDue changes when a feed is due.
func (s *schedule) setDue(n number, due int64) {
	f := &s.feeds[n]
	f.due = due
	if f.place == waiting && f.key != due {
		f.key = due
		fix(f.host.waiting, int(f.pos), s)
	}
}

// out returns how many leases of the host are out.
func (h *host) out() int { return len(h.leased) + int(h.committing) }

// distant is later than every time.
const distant = math.MaxInt64

// slot returns when the host has room for one more lease if none is returned.
func (s *schedule) slot(h *host, perHost int) int64 {
	over := h.out() - perHost
	switch {
	case over < 0:
		return never
	case over >= len(h.leased):
		return distant
	}
	if over == 0 {
		first := int64(distant)
		for _, n := range h.leased {
			first = min(first, s.feeds[n].key)
		}
		return first
	}
	keys := make([]int64, 0, len(h.leased))
	for _, n := range h.leased {
		keys = append(keys, s.feeds[n].key)
	}
	slices.Sort(keys)
	return keys[over]
}

// claimable returns when a feed of the host can be claimed next.
func (s *schedule) claimable(h *host) int64 {
	at := int64(distant)
	if len(h.waiting) > 0 {
		at = s.feeds[h.waiting[0]].due
	}
	for _, n := range h.leased {
		if f := &s.feeds[n]; f.configured {
			at = min(at, max(f.key, f.due))
		}
	}
	if at == distant {
		return distant
	}
	return max(at, h.pause, h.rest, s.slot(h, s.perHost))
}

// rank puts the host where it belongs among those that wait.
func (s *schedule) rank(h *host) {
	key := s.claimable(h)
	if h.queue == inLater && key != distant {
		if h.key != key {
			h.key = key
			fix(s.later, int(h.pos), byHost{})
		}
		return
	}
	s.unqueue(h)
	if key != distant {
		h.key, h.queue = key, inLater
		s.later = push(s.later, h, byHost{})
	}
}

func (s *schedule) unqueue(h *host) {
	switch h.queue {
	case inReady:
		s.ready = remove(s.ready, int(h.pos), byHost{})
	case inLater:
		s.later = remove(s.later, int(h.pos), byHost{})
	}
	h.queue = inNone
}

// rankAll ranks every host anew.
func (s *schedule) rankAll() {
	for _, h := range s.hosts {
		s.rank(h)
	}
}
