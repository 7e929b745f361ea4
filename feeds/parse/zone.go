package parse

import (
	"strings"
	"time"
)

// sign reads a + or -: an offset after a time, a separator elsewhere.
func (p *dateParser) sign() bool {
	east := p.rest[0] == '+'
	if rest, ok := strings.CutPrefix(p.rest, "\u2212"); ok {
		p.rest = rest
	} else {
		p.rest = p.rest[1:]
	}
	if !p.hasTime || !isDigit(p.rest, 0) {
		// "3-May-2024", "May 3, 2024 - 14:30"
		return !east && (p.year+p.month+p.day > 0 || !isDigit(p.rest, 0)) && (p.rest == "" || !p.zone.exact)
	}
	if n, d := leadingNumber(p.rest); p.year == 0 && d == 4 {
		switch {
		case p.zone.known:
			return false // "UTC-2024"
		case !east && n >= 1990: // "14:30, 3-May-2024"
			return true
		}
	}
	return p.offset(east)
}

// offset reads hhmm, hh:mm, hmm, hh or h.
func (p *dateParser) offset(east bool) bool {
	if p.zone.exact {
		return false
	}
	n, d := leadingNumber(p.rest)
	h, m := n, 0
	rest := p.rest[d:]
	switch {
	case d == 3 || d == 4:
		h, m = n/100, n%100
	case d > 4:
		return false
	case strings.HasPrefix(rest, ":") && isDigit(rest, 1):
		var e int
		if m, e = leadingNumber(rest[1:]); e != 2 {
			return false
		}
		rest = rest[1+e:]
	}
	if m > 59 || h > 14 || h == 14 && m > 0 {
		return false
	}
	p.rest = rest
	offset := h*3600 + m*60
	if !east {
		offset = -offset
	}
	p.zone = zone{known: true, exact: true, offset: offset}
	return true
}

// remark reads a comment in parentheses. RFC 5322 gives it no meaning; without
// any other zone it is taken for one.
func (p *dateParser) remark() bool {
	end := strings.IndexByte(p.rest, ')')
	if end < 0 {
		return false
	}
	inside := strings.ToLower(strings.TrimSpace(p.rest[1:end]))
	p.rest = p.rest[end+1:]
	if p.zone.known || dayWords[foldWord(inside)] != 0 {
		return true
	}
	if strings.TrimFunc(inside, func(r rune) bool { return r >= 'a' && r <= 'z' }) != "" {
		return false
	}
	return p.zoneName(inside)
}

// zoneName notes a zone by its name in lower case. A name that is not certain
// spoils the date, unless the offset stands before it in numbers.
func (p *dateParser) zoneName(name string) bool {
	if p.zone.exact {
		// "+0200 CEST": the numbers have said it all.
		return true
	}
	if p.zone.known {
		return name == "dst"
	}
	if rule := zoneRules[name]; rule != nil {
		p.zone = zone{known: true, rule: rule}
		return true
	}
	quarters, ok := zoneNames[name]
	if !ok {
		return false
	}
	p.zone = zone{known: true, offset: int(quarters) * 900}
	return true
}

func (z zone) offsetAt(local time.Time) int {
	if z.rule != nil && !z.exact {
		return z.rule(local)
	}
	return z.offset
}

// zoneNames are offsets from UTC in quarters of an hour. Names that mean
// several zones have the one that RFC 5322 (section 4.3) gives them or that
// feeds mean by far most: CST is American, IST Indian, BST British, AST
// Atlantic. Names without such a meaning (SST, AMT, WST…) are missing, as are
// the letters of the military alphabet, of which RFC 5322 says that they
// cannot be trusted.
var zoneNames = map[string]int8{
	"ut": 0, "utc": 0, "gmt": 0, "z": 0, "zulu": 0, "wet": 0,
	"bst": 4, "west": 4, "cet": 4, "mez": 4, "met": 4, "wat": 4,
	"cest": 8, "mesz": 8, "mest": 8, "cedt": 8, "eet": 8, "sast": 8, "cat": 8,
	"eest": 12, "idt": 12, "eat": 12, "trt": 12, "msd": 16, "gst": 16,
	"irst": 14, "irdt": 18, "aft": 18, "pkt": 20, "uzt": 20, "ist": 22, "npt": 23,
	"mmt": 26, "ict": 28, "wib": 28, "wita": 32, "wit": 36,
	"hkt": 32, "sgt": 32, "pht": 32, "awst": 32, "jst": 36, "kst": 36,
	"acst": 38, "acdt": 42, "aest": 40, "aedt": 44, "nzst": 48, "nzdt": 52,
	"nst": -14, "ndt": -10, "ast": -16, "adt": -12, "est": -20, "edt": -16,
	"cst": -24, "cdt": -20, "mst": -28, "mdt": -24, "pst": -32, "pdt": -28,
	"akst": -36, "akdt": -32, "hst": -40, "hast": -40,
	"brt": -12, "brst": -8, "art": -12, "clt": -16, "clst": -12, "cot": -20, "pet": -20,
}

// zoneRule returns the offset of a zone in seconds at a local time.
type zoneRule func(local time.Time) int

var zoneRules = map[string]zoneRule{
	"et": american(-5), "ct": american(-6), "mt": american(-7), "pt": american(-8),
	"msk": moscow,
}

// american is the rule of the United States: daylight time from the second
// Sunday of March to the first of November (before 2007 from the first of
// April to the last of October), from 2:00 to 2:00 local time.
func american(hours int) zoneRule {
	return func(local time.Time) int {
		y := local.Year()
		begin, end := sunday(y, time.March, 8), sunday(y, time.November, 1)
		if y < 2007 {
			begin, end = sunday(y, time.April, 1), sunday(y, time.October, 25)
		}
		if !local.Before(begin) && local.Before(end) {
			return (hours + 1) * 3600
		}
		return hours * 3600
	}
}

// sunday returns 2:00 on the first Sunday on or after a day.
func sunday(year int, month time.Month, day int) time.Time {
	t := time.Date(year, month, day, 2, 0, 0, 0, time.UTC)
	return t.AddDate(0, 0, (7-int(t.Weekday()))%7)
}

// moscow was four hours ahead of UTC from March 2011 to October 2014.
func moscow(local time.Time) int {
	if local.After(time.Date(2011, 3, 27, 2, 0, 0, 0, time.UTC)) && local.Before(time.Date(2014, 10, 26, 2, 0, 0, 0, time.UTC)) {
		return 4 * 3600
	}
	return 3 * 3600
}
