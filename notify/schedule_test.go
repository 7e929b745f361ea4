package notify_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/copytaster/copytaster/notify"
)

// documented is the schedule that users are told.
var documented = []time.Duration{
	0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour,
	5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

func TestDelay(t *testing.T) {
	for attempts, want := range documented {
		lowest, highest := time.Duration(1<<62), time.Duration(0)
		for i := range 500 {
			id := fmt.Sprintf("delivery-%d", i)
			d, ok := notify.Delay(id, attempts)
			if !ok {
				t.Fatalf("Delay(%q, %d): no more attempts", id, attempts)
			}
			if again, _ := notify.Delay(id, attempts); again != d {
				t.Fatalf("Delay(%q, %d) = %v, then %v", id, attempts, d, again)
			}
			if d != d.Truncate(time.Millisecond) {
				t.Fatalf("Delay(%q, %d) = %v, finer than a millisecond", id, attempts, d)
			}
			lowest, highest = min(lowest, d), max(highest, d)
		}
		if lowest < want || highest > want+want/10 {
			t.Errorf("after %d attempts: %v to %v, want %v and up to 10 %% more", attempts, lowest, highest, want)
		}
		if spread := highest - lowest; spread < want*9/100 {
			t.Errorf("after %d attempts: jitter spreads over %v only", attempts, spread)
		}
	}
	for _, attempts := range []int{10, 11, 1 << 40} {
		if d, ok := notify.Delay("x", attempts); ok {
			t.Errorf("Delay(%d) = %v, want no more attempts", attempts, d)
		}
	}
}
