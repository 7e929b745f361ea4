package parse

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// believed returns the first of these dates that can be read and that a feed
// can mean: from 1990 on and not more than two days after now, if now is not
// zero. It returns the zero time if there is none.
func believed(now time.Time, candidates ...string) time.Time {
	for _, c := range candidates {
		if c == "" {
			continue
		}
		t := Date(c)
		if t.IsZero() || !now.IsZero() && t.After(now.Add(48*time.Hour)) {
			continue
		}
		return t
	}
	return time.Time{}
}

// Date returns the instant that a date of a feed means, in UTC, or the zero
// time when that is not certain: when it cannot be read, names no possible
// day, hour or zone, has day and month in an order that can be taken either
// way, or lies before 1990 or after 2199.
//
// It reads RFC 822 and its successors (RFC 5322, section 3.3 and 4.3), RFC
// 3339, ISO 8601, the output of date, asctime and JavaScript, American and
// numeric forms, names of months and days in the languages of monthWords, and
// seconds, milliseconds and microseconds since 1970. Years of other calendars
// than the Gregorian are not read.
// A date without a time is the beginning of that day; without a zone it is
// UTC. The machine's own zone has no part in it.
func Date(s string) time.Time {
	s = strings.TrimSpace(s)
	if len(s) < 4 || len(s) > 100 {
		return time.Time{}
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			s = asciiDigits(s)
			break
		}
	}
	p := dateParser{rest: s}
	if !p.read() {
		return time.Time{}
	}
	return p.result()
}

// dateParser reads a date from left to right and notes each part as it comes.
type dateParser struct {
	rest             string
	year, month, day int
	hour, min, sec   int
	nano             int
	hasTime          bool
	doubtful         bool // the month may have been a Tuesday: mar.
	pm, am           bool
	zone             zone
	iso              bool // the date was written from year to day
	epoch            time.Time
}

// zone is what a date says of its offset.
type zone struct {
	known  bool
	exact  bool // given in numbers
	offset int  // seconds east of UTC
	rule   zoneRule
}

func (p *dateParser) read() bool {
	for p.rest != "" {
		c := p.rest[0]
		switch {
		case c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r' || c == '.' || c == ';' || c == '"' || c == '\'':
			p.rest = p.rest[1:]
		case strings.HasPrefix(p.rest, "\u00a0"), strings.HasPrefix(p.rest, "\u202f"):
			p.rest = strings.TrimPrefix(strings.TrimPrefix(p.rest, "\u00a0"), "\u202f")
		case c >= '0' && c <= '9':
			if !p.number() {
				return false
			}
		case wordEnd(p.rest) > 0:
			if !p.word() {
				return false
			}
		case c == '+' || c == '-' || strings.HasPrefix(p.rest, "\u2212"):
			if !p.sign() {
				return false
			}
		case c == '(':
			if !p.remark() {
				return false
			}
		case c == '[':
			// RFC 9557 names the zone there that the offset is of.
			end := strings.IndexByte(p.rest, ']')
			if end < 0 || !p.zone.known {
				return false
			}
			p.rest = p.rest[end+1:]
		case c == '/' && !p.hasTime, c == '|', c == '@':
			p.rest = p.rest[1:]
		default:
			return false
		}
	}
	return true
}

// number reads what begins with a digit.
func (p *dateParser) number() bool {
	n, digits := leadingNumber(p.rest)
	after := p.rest[digits:]
	next := byte(0)
	if after != "" {
		next = after[0]
	}
	if next >= utf8.RuneSelf || next == ' ' && digits <= 4 && len(after) > 1 && after[1] >= utf8.RuneSelf {
		if found, ok := p.eastAsian(n, after); found {
			return ok
		}
	}
	switch {
	case next == ':':
		return p.clock()
	case digits <= 2 && p.day != 0 && p.month != 0 && p.year != 0 && !p.hasTime && next == '.' && isDigit(after, 1),
		digits <= 2 && (next == 'h' || next == 'H' || next == 'u') && isDigit(after, 1): // 14.30, 14h30
		p.rest = p.rest[:digits] + ":" + after[1:]
		return p.clock()
	case digits <= 2 && !p.hasTime && (next == 'h' || next == 'H') && (len(after) == 1 || !letter(after[1])):
		p.hour, p.hasTime, p.rest = n, true, after[1:]
		return true
	case digits == 4 && p.year == 0 && p.day == 0 && p.month == 0 && next == '.' && isDigit(strings.TrimLeft(after[1:], " "), 0) && after[1] == ' ':
		return p.yearDots(n, after[1:])
	case digits == 4 && p.year == 0 && p.day == 0 && p.month == 0 && (next == '-' || next == '/' || next == '.') && isDigit(after, 1):
		return p.yearFirst(n, after)
	case digits <= 2 && p.day == 0 && (next == '/' || next == '.' || next == '-') && isDigit(after, 1):
		return p.dayOrMonthFirst(n, next, after)
	case digits == 8 && p.year == 0:
		p.year, p.month, p.day, p.iso = n/10000, n/100%100, n%100, true
		p.rest = after
		return p.year > 0 && p.month > 0 && p.day > 0
	case (digits == 10 || digits == 13 || digits == 16) && p.year == 0 && p.month == 0 && p.day == 0 && strings.TrimLeft(after, "0123456789.") == "":
		return p.sinceEpoch(p.rest[:digits])
	case digits == 14 && p.year == 0: // 20240503143000
		date, clock := p.rest[:8], p.rest[8:14]
		p.rest = date
		if !p.number() {
			return false
		}
		p.rest = after
		return p.compactClock(clock)
	case (digits == 6 || digits == 4) && p.iso && !p.hasTime: // after a T
		clock := p.rest[:digits]
		p.rest = after
		return p.compactClock(clock)
	case digits == 4 && p.year == 0:
		p.year, p.rest = n, after
		return n > 0
	case digits <= 2 && p.meridiem(after):
		if p.hasTime {
			return false
		}
		p.hour, p.hasTime, p.rest = n, true, after
		return n >= 1 && n <= 12
	case digits <= 2 && p.day == 0:
		p.day, p.rest = n, after
		if end := wordEnd(after); end > 0 && ordinals[foldWord(after[:end])] != 0 {
			p.rest = after[end:]
		}
		return n > 0
	case digits == 2 && p.year == 0 && p.month > 0: // RFC 5322, section 4.3
		if p.year = n + 2000; n >= 50 {
			p.year = n + 1900
		}
		p.rest = after
		return true
	}
	return false
}

// ordinals follow the number of a day: 3rd, 1er, 1º, 3ème.
var ordinals = wordTable("st nd rd th er re º ª e ème го")

// yearDots reads the rest of 2024. 05. 03., as Hungarians write it.
func (p *dateParser) yearDots(year int, rest string) bool {
	month, d := leadingNumber(strings.TrimLeft(rest, " "))
	rest, ok := strings.CutPrefix(strings.TrimLeft(rest, " ")[d:], ".")
	if !ok || d > 2 {
		return false
	}
	rest = strings.TrimLeft(rest, " ")
	day, e := leadingNumber(rest)
	if e < 1 || e > 2 || month == 0 || day == 0 {
		return false
	}
	p.year, p.month, p.day, p.iso, p.rest = year, month, day, true, rest[e:]
	return true
}

// yearFirst reads year-month-day, or year-month at the end.
func (p *dateParser) yearFirst(year int, after string) bool {
	sep := after[0]
	month, d := leadingNumber(after[1:])
	rest := after[1+d:]
	p.year, p.month, p.iso = year, month, true
	if d == 3 && sep == '-' { // ordinal date: the day of the year
		p.month, p.day, p.rest = 1, month, rest
		return month >= 1 && month <= 366 && p.ordinal()
	}
	if d > 2 || month == 0 {
		return false
	}
	if rest == "" {
		p.day, p.rest = 1, ""
		return true
	}
	if rest[0] != sep || !isDigit(rest, 1) {
		return false
	}
	day, d := leadingNumber(rest[1:])
	p.day, p.rest = day, rest[1+d:]
	return d <= 2 && day > 0
}

// ordinal turns p.day of the year into month and day.
func (p *dateParser) ordinal() bool {
	t := time.Date(p.year, 1, p.day, 0, 0, 0, 0, time.UTC)
	p.month, p.day = int(t.Month()), t.Day()
	return t.Year() == p.year
}

// dayOrMonthFirst reads a date of two small numbers and a year. Between dots
// the day comes first; otherwise only numbers that can be read one way count.
func (p *dateParser) dayOrMonthFirst(a int, sep byte, after string) bool {
	b, d := leadingNumber(after[1:])
	rest := after[1+d:]
	if d > 2 || rest == "" || rest[0] != sep || !isDigit(rest, 1) || p.month != 0 {
		return false
	}
	year, d := leadingNumber(rest[1:])
	switch d {
	case 4:
	case 2:
		if sep != '.' { // 03/05/06 has six readings
			return false
		}
		if year += 2000; year >= 2050 { // as in RFC 5322, section 4.3
			year -= 100
		}
	default:
		return false
	}
	p.year, p.rest = year, rest[1+d:]
	switch {
	case sep == '.' || a > 12 || a == b:
		p.day, p.month = a, b
	case b > 12:
		p.day, p.month = b, a
	default:
		return false
	}
	return p.day > 0 && p.month > 0
}

// clock reads hours:minutes[:seconds[.fraction]].
func (p *dateParser) clock() bool {
	if p.hasTime {
		return false
	}
	p.hasTime = true
	h, d := leadingNumber(p.rest)
	if d > 2 || !isDigit(p.rest, d+1) {
		return false
	}
	m, e := leadingNumber(p.rest[d+1:])
	p.hour, p.min, p.rest = h, m, p.rest[d+1+e:]
	if e > 2 || !strings.HasPrefix(p.rest, ":") || !isDigit(p.rest, 1) {
		return e <= 2
	}
	s, e := leadingNumber(p.rest[1:])
	p.sec, p.rest = s, p.rest[1+e:]
	if e > 2 {
		return false
	}
	if p.rest != "" && (p.rest[0] == '.' || p.rest[0] == ',' || p.rest[0] == ':') && isDigit(p.rest, 1) {
		_, e := leadingNumber(p.rest[1:])
		p.nano = fraction(p.rest[1 : 1+e])
		p.rest = p.rest[1+e:]
	}
	return true
}

func (p *dateParser) compactClock(s string) bool {
	n, _ := leadingNumber(s)
	if len(s) == 4 {
		n *= 100
	}
	p.hour, p.min, p.sec, p.hasTime = n/10000, n/100%100, n%100, true
	return true
}

// fraction returns a decimal fraction of a second in nanoseconds.
func fraction(digits string) int {
	n := 0
	for i := range 9 {
		n *= 10
		if i < len(digits) {
			n += int(digits[i] - '0')
		}
	}
	return n
}

func (p *dateParser) sinceEpoch(digits string) bool {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || p.hasTime || p.zone.known {
		return false
	}
	p.rest = ""
	switch len(digits) {
	case 16:
		p.epoch = time.UnixMicro(n)
	case 13:
		p.epoch = time.UnixMilli(n)
	default:
		p.epoch = time.Unix(n, 0)
	}
	return true
}

// result checks the parts and puts them together.
func (p *dateParser) result() time.Time {
	t := p.epoch
	if t.IsZero() {
		if p.pm || p.am {
			if p.hour < 1 || p.hour > 12 {
				return time.Time{}
			}
			if p.hour %= 12; p.pm {
				p.hour += 12
			}
		}
		midnight := p.hour == 24 && p.min == 0 && p.sec == 0 && p.nano == 0
		switch {
		case p.year < 1990 || p.year > 2199 || p.month < 1 || p.month > 12 || p.day < 1,
			p.day > time.Date(p.year, time.Month(p.month)+1, 0, 0, 0, 0, 0, time.UTC).Day(),
			p.hour > 23 && !midnight, p.min > 59, p.sec > 60,
			p.zone.known && !p.hasTime && p.zone.offset != 0:
			return time.Time{}
		}
		t = time.Date(p.year, time.Month(p.month), p.day, p.hour, p.min, p.sec, p.nano, time.UTC)
		t = t.Add(-time.Duration(p.zone.offsetAt(t)) * time.Second)
	}
	if t = t.UTC(); t.Year() < 1990 || t.Year() > 2199 {
		return time.Time{}
	}
	return t
}

// leadingNumber returns the number at the beginning of s and how many digits
// it has; with more than nine the value is meaningless.
func leadingNumber(s string) (n, digits int) {
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		if digits < 9 {
			n = n*10 + int(s[digits]-'0')
		}
		digits++
	}
	return n, digits
}

func isDigit(s string, i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
