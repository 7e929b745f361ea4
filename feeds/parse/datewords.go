package parse

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// monthWords are the names of the months from January on in the languages that
// feeds are written in, in the forms that dates use: Arabic (three
// traditions), Danish, Dutch, English, Finnish, French, German, Hungarian,
// Italian, Norwegian, Portuguese, Romanian, Russian, Spanish, Swedish, Turkish;
// also Czech, Polish and Ukrainian. A name that is another month in another
// language is missing: listopad is November in Polish, October in Croatian.
var monthWords = wordTable(
	"jan january januar januari janvier janv janeiro jaen ene enero gen gennaio ian ianuarie január jän jänner januaris tammikuu tammikuuta tammi ocak oca ocağı январь января янв يناير جانفي ledna leden stycznia styczeń sty січня січень",
	"feb february februar februari février févr fév fevereiro fev feber febr febrero febbraio februarie február helmikuu helmikuuta helmi şubat şub февраль февраля фев февр فبراير فيفري شباط února únor lutego luty lut лютого лютий",
	"mar march mars marts märz mär mrz maart mrt marzo março marzec marca martie március márc maaliskuu maaliskuuta maalis mart март марта мар مارس آذار března březen березня березень",
	"apr april avril avr abril abr aprile aprilie április ápr huhtikuu huhtikuuta huhti nisan nis апрель апреля апр أبريل إبريل أفريل نيسان dubna duben kwietnia kwiecień kwi квітня квітень",
	"may maj mai mei maio mayo maggio mag május máj toukokuu toukokuuta touko mayıs май мая مايو ماي أيار května květen maja травня травень",
	"jun june juni juin junho junio giugno giu iunie iun június jún kesäkuu kesäkuuta kesä haziran haz июнь июня июн يونيو يونيه جوان حزيران června červen czerwca czerwiec cze червня червень",
	"jul july juli juillet juil julho julio luglio lug iulie iul július júl heinäkuu heinäkuuta heinä temmuz tem июль июля июл يوليو يوليه جويلية تموز července červenec lipca lipiec липня липень",
	"aug august augusti augustus août aoû agosto ago augusztus elokuu elokuuta elo ağustos ağu август августа авг أغسطس أوت آب srpna srpen sierpnia sierpień sie серпня серпень",
	"sep sept september septembre setembro set septiembre setiembre settembre sett septembrie szeptember szept szep syyskuu syyskuuta syys eylül eyl сентябрь сентября сен сент سبتمبر أيلول září września wrzesień wrz вересня вересень",
	"oct october oktober okt octobre outubro out octubre ottobre ott octombrie október lokakuu lokakuuta loka ekim eki октябрь октября окт أكتوبر října říjen października październik paź жовтня жовтень",
	"nov november novembre novembro noviembre noiembrie noi marraskuu marraskuuta marras kasım kas ноябрь ноября ноя нояб نوفمبر",
	"dec december desember dezember dez des décembre déc dezembro diciembre dic dicembre decembrie joulukuu joulukuuta joulu aralık ara декабрь декабря дек ديسمبر prosince prosinec grudnia grudzień gru грудня грудень",
)

// dayWords are the names of the days of the week in the same languages. What
// day it was does not matter: the date says it.
var dayWords = wordTable(
	"mon monday tue tues tuesday wed weds wednesday thu thur thurs thursday fri friday sat saturday sun sunday",
	"montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so mon die mit don fre sam son",
	"lundi mardi mercredi jeudi vendredi samedi dimanche lun mar mer jeu ven sam dim",
	"lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb dom",
	"lunedì martedì mercoledì giovedì venerdì sabato domenica gio sab",
	"segunda terça quarta quinta sexta feira seg ter qua qui sex",
	"luni marți miercuri joi vineri sâmbătă duminică mie vin sâm dum",
	"maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo",
	"mandag tirsdag onsdag torsdag fredag lørdag søndag man tir tirs ons tor tors lør søn",
	"måndag tisdag onsdag torsdag lördag söndag mån tis lör sön",
	"maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai maanantaina tiistaina keskiviikkona torstaina perjantaina lauantaina sunnuntaina ti ke to pe la su",
	"hétfő kedd szerda csütörtök péntek szombat vasárnap",
	"pazartesi salı çarşamba perşembe cuma cumartesi pazar pzt sal çar per cum cmt paz",
	"понедельник вторник среда четверг пятница суббота воскресенье пн вт ср чт пт сб вс",
	"الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
	"pondělí úterý středa čtvrtek pátek sobota neděle poniedziałek pon wt śr czw pt sob niedz wtorek środa czwartek piątek niedziela",
	"понеділок вівторок середа четвер пʼятниця субота неділя",
	"星期一 星期二 星期三 星期四 星期五 星期六 星期日 星期天 周一 周二 周三 周四 周五 周六 周日 月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日 月 火 水 木 金 土 日 월요일 화요일 수요일 목요일 금요일 토요일 일요일 월 화 수 목 금 토 일",
)

// smallWords stand between the parts of a date and mean nothing: of, the, at,
// o'clock, year.
var smallWords = wordTable("at on of the de del le el den der um uhr kl klo à às a las les alle ore om uur saat le il dia ora h hs hrs min в г года год р року em en",
	"الساعة")

// wordTable returns the folded words of each line with the line's number, from
// 1 on; a word on several lines has the first.
func wordTable(lines ...string) map[string]int {
	t := make(map[string]int)
	for i, line := range lines {
		for _, w := range strings.Fields(line) {
			if f := foldWord(w); t[f] == 0 {
				t[f] = i + 1
			}
		}
	}
	return t
}

// foldWord returns a word in lower case and without accents.
func foldWord(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	if ascii {
		return strings.ToLower(s)
	}
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); r {
		case 'ı':
			return 'i'
		case 'ø':
			return 'o'
		case 'ł':
			return 'l'
		}
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(strings.ToLower(s)))
}

// wordEnd returns the length of the word at the beginning of s, 0 if there is
// none.
func wordEnd(s string) int {
	for i, r := range s {
		if r < utf8.RuneSelf && !letter(byte(r)) || r >= utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsMark(r) {
			return i
		}
	}
	return len(s)
}

// word reads what begins with a letter.
func (p *dateParser) word() bool {
	n := wordEnd(p.rest)
	word := foldWord(p.rest[:n])
	p.rest = p.rest[n:]
	if word == "" { // nothing but marks
		return false
	}
	m := monthWords[word]
	if m == 0 && word[0] >= utf8.RuneSelf {
		if two, n := levantine(word, p.rest); two != 0 {
			m, p.rest = two, p.rest[n:]
		}
	}
	switch {
	case m != 0 && (p.month == 0 || p.doubtful):
		p.month, p.doubtful = m, word == "mar"
		return true
	case m != 0:
		return dayWords[word] != 0
	case word == "t" && p.iso && !p.hasTime && isDigit(p.rest, 0):
		return true
	case amWords[word] != 0 && p.hasTime, word == "a" && p.hasTime && dottedM(p.rest):
		return p.half(false, len(word) == 1 && word == "a")
	case pmWords[word] != 0 && (p.hasTime || word != "م"), word == "p" && dottedM(p.rest):
		return p.half(true, word == "p")
	case word == "م": // of our era
		return p.year != 0
	case earlyWords[word] != 0:
		// Before the hour, in East Asia.
		p.am, p.pm = earlyWords[word] == 1, earlyWords[word] == 2
		return !p.hasTime
	case dayWords[word] != 0 && !p.hasTime, smallWords[word] != 0 && (word != "a" || !p.hasTime), word == "am" && !p.hasTime:
		return true
	case dayWords[word] != 0 && zoneRules[word] == nil && zoneNames[word] == 0:
		return true
	}
	if !p.hasTime && (zoneNames[word] != 0 || zoneRules[word] != nil) {
		return false // a zone stands after the time; this is some other word
	}
	return p.zoneName(word)
}

// amWords and pmWords tell the halves of the day after the hour, earlyWords
// before it.
var (
	amWords    = wordTable("am ص öö")
	pmWords    = wordTable("pm م ös")
	earlyWords = wordTable("上午 午前 오전", "下午 午後 오후")
)

// dottedM reports whether the rest of a.m. comes next.
func dottedM(s string) bool {
	s, ok := strings.CutPrefix(s, ".")
	s = strings.TrimLeft(s, " \u00a0\u202f")
	return ok && len(s) > 0 && s[0]|0x20 == 'm' && (len(s) == 1 || !letter(s[1]))
}

// half notes which half of the day it is. dotted says that the m is still to
// come.
func (p *dateParser) half(pm, dotted bool) bool {
	if !p.hasTime || p.am || p.pm {
		return false
	}
	p.am, p.pm = !pm, pm
	if dotted {
		p.rest = p.rest[strings.IndexAny(p.rest, "mM")+1:]
	}
	return true
}

// meridiem reports whether am or pm comes next.
func (p *dateParser) meridiem(s string) bool {
	s = strings.ToLower(strings.TrimLeft(s, " \u00a0\u202f"))
	if len(s) < 2 || s[0] != 'a' && s[0] != 'p' {
		return false
	}
	s = strings.TrimPrefix(s[1:], ".")
	return strings.HasPrefix(s, "m") && (len(s) == 1 || !letter(s[1]))
}

// levantine returns the month of the Levant's Arabic names of two words, such
// as تشرين الثاني, and how much of rest, which follows the first, the second
// takes.
func levantine(word, rest string) (month, n int) {
	next := strings.TrimLeft(rest, " ")
	skipped := len(rest) - len(next)
	end := wordEnd(next)
	first := 0
	switch foldWord(next[:end]) {
	case "الاول": // without the hamza, as folding leaves it
		first = 1
	case "الثاني":
		first = 2
	}
	switch {
	case first == 0:
	case word == "تشرين":
		return 9 + first, skipped + end
	case word == "كانون" && first == 1:
		return 12, skipped + end
	case word == "كانون":
		return 1, skipped + end
	}
	return 0, 0
}

// asciiDigits returns s with the digits of Arabic and Persian in their ASCII form.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return r - '٠' + '0'
		case r >= '۰' && r <= '۹':
			return r - '۰' + '0'
		case r == '،':
			return ','
		case r == '\u200e' || r == '\u200f': // marks of direction
			return -1
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '：':
			return ':'
		}
		return r
	}, s)
}

// eastAsian reads a number that a Chinese, Japanese or Korean unit follows:
// 2024年5月3日 14時30分. It reports whether there was one, and whether it can
// be.
func (p *dateParser) eastAsian(n int, after string) (found, ok bool) {
	rest := strings.TrimLeft(after, " ")
	unit, size := utf8.DecodeRuneInString(rest)
	part := (*int)(nil)
	switch unit {
	case '年', '년':
		part = &p.year
	case '月', '월':
		part = &p.month
	case '日', '일', '号', '號':
		part = &p.day
	case '時', '时', '点', '點', '시':
		if p.hasTime {
			return true, false
		}
		p.hour, p.hasTime, p.rest = n, true, rest[size:]
		return true, n <= 24
	case '分', '분':
		part = &p.min
	case '秒', '초':
		part = &p.sec
	default:
		return false, false
	}
	if *part != 0 || part == &p.year && n < 1000 { // a year of a reign
		return true, false
	}
	*part, p.rest = n, rest[size:]
	return true, n > 0 || part == &p.min || part == &p.sec
}
