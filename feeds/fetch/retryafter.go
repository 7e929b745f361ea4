package fetch

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ParseRetryAfter returns how long a Retry-After header asks to wait, in
// seconds or until a date (RFC 9110 section 10.2.3). What is past or malformed
// asks for nothing: 0. There is no upper bound but that of a Duration.
func ParseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		const most = uint64(math.MaxInt64 / time.Second)
		seconds, err := strconv.ParseUint(value, 10, 64)
		if err != nil || seconds > most {
			seconds = most
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(at.Sub(now), 0)
}
