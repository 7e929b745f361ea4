package notify

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"
)

// delays are the waits before the first, second, … attempt: the schedule that
// Standard Webhooks 1.0 ("Deliverability and reliability") proposes. Ten
// attempts take a little over three days.
var delays = [...]time.Duration{
	0,
	5 * time.Second,
	5 * time.Minute,
	30 * time.Minute,
	2 * time.Hour,
	5 * time.Hour,
	10 * time.Hour,
	14 * time.Hour,
	20 * time.Hour,
	24 * time.Hour,
}

// maxAsked bounds how long a receiver can ask to be left alone: as long as the
// longest wait of the schedule, so that one odd answer cannot silence a
// receiver for good.
const maxAsked = 24 * time.Hour

// Delay returns how long to wait, after an attempt ended, until the next
// attempt of the delivery with the given id, when so many attempts were made.
// ok is false when they are used up.
//
// The wait is that of the schedule and up to 10 % more, to the millisecond, so
// that deliveries that failed together do not come back together. How much
// more depends on id and attempts alone: the same question has the same
// answer in every process.
func Delay(id string, attempts int) (d time.Duration, ok bool) {
	if attempts >= len(delays) {
		return 0, false
	}
	base := delays[max(attempts, 0)]
	sum := sha256.Sum256([]byte(id + "/" + strconv.Itoa(attempts)))
	share := float64(binary.BigEndian.Uint32(sum[:])) / (1 << 32)
	jitter := time.Duration(share * float64(base/10))
	return base + jitter.Truncate(time.Millisecond), true
}

// waitAfter returns how long to wait after an attempt, the attempts-th, failed
// with err: what the schedule says, or what the receiver asked for if that is
// longer.
func waitAfter(id string, attempts int, err error) (time.Duration, bool) {
	d, ok := Delay(id, attempts)
	return max(d, asked(err)), ok
}

// asked returns for how long the receiver asked to be left alone, in bounds.
func asked(err error) time.Duration { return min(AskedDelay(err), maxAsked) }
