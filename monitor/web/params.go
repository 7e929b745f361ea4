package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// parseLimit reads a number of entries, 1 to 500; "" is 50.
func parseLimit(s string) (int, error) {
	if s == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxLimit {
		return 0, fmt.Errorf("limit %q is not a number from 1 to %d", s, maxLimit)
	}
	return n, nil
}

// ParseTime reads a point in time: RFC 3339, or a duration before now such as
// "90m", "30d" or "2w" in the units of time.ParseDuration and days and weeks of
// 24 hours and seven days. "" is the zero time.
func ParseTime(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	d, ok := parseDuration(s)
	if !ok {
		return time.Time{}, fmt.Errorf("%q is neither a time such as 2026-01-31T15:00:00Z nor a duration such as 30d", s)
	}
	return now.Add(-d).UTC(), nil
}

// parseDuration reads a positive duration; ok tells whether it is one.
func parseDuration(s string) (sum time.Duration, ok bool) {
	for s != "" {
		digits := len(s) - len(strings.TrimLeft(s, "0123456789."))
		unit := strings.IndexAny(s[digits:], "0123456789.")
		if unit < 0 {
			unit = len(s) - digits
		}
		number, name := s[:digits], s[digits:digits+unit]
		s = s[digits+unit:]
		hours := map[string]float64{"d": 24, "w": 7 * 24}[name]
		if hours > 0 {
			n, err := strconv.ParseFloat(number, 64)
			if err != nil {
				return 0, false
			}
			number, name = strconv.FormatFloat(n*hours, 'f', -1, 64), "h"
		}
		d, err := time.ParseDuration(number + name)
		if err != nil || sum+d < sum {
			return 0, false
		}
		sum += d
	}
	return sum, sum > 0
}

// checkParams returns an error that names a parameter that is not known, empty or
// given twice: a filter with a mistake in it must not select everything.
func checkParams(q url.Values, known ...string) error {
	for name, values := range q {
		if !slices.Contains(known, name) {
			return fmt.Errorf("unknown parameter %q; known are %s", name, strings.Join(known, ", "))
		}
		if len(values) > 1 {
			return fmt.Errorf("parameter %q is given %d times", name, len(values))
		}
		if values[0] == "" {
			return fmt.Errorf("parameter %q is empty", name)
		}
	}
	return nil
}
