package parse_test

import (
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds/parse"
)

// dates are date strings and the instants that they mean, "" for those whose
// meaning is not certain.
var dates = []struct{ in, want string }{
	// RFC 822, 2822, 5322
	{"Fri, 03 May 2024 14:30:05 GMT", "2024-05-03T14:30:05Z"},
	{"Fri, 3 May 2024 14:30:05 +0200", "2024-05-03T12:30:05Z"},
	{"3 May 2024 14:30 +0200", "2024-05-03T12:30:00Z"},
	{"Fri, 03 May 24 14:30:05 GMT", "2024-05-03T14:30:05Z"},
	{"Sun, 03 May 98 14:30:05 GMT", "1998-05-03T14:30:05Z"},
	{"Fri,03 May 2024 14:30:05 -0330", "2024-05-03T18:00:05Z"},
	{"Fri 03 May 2024 14:30:05 UT", "2024-05-03T14:30:05Z"},
	{"Friday, 03 May 2024 14:30:05 UTC", "2024-05-03T14:30:05Z"},
	{"Friday, 3-May-24 14:30:05 GMT", "2024-05-03T14:30:05Z"},
	{"Mon, 03 May 2024 14:30:05 GMT", "2024-05-03T14:30:05Z"}, // it was a Friday
	{"fri, 03 may 2024 14:30:05 gmt", "2024-05-03T14:30:05Z"},
	{"Fri, 03 May 2024 14:30:05", "2024-05-03T14:30:05Z"},
	{"Fri, 03 May 2024", "2024-05-03T00:00:00Z"},
	{"  Fri, 03 May 2024 14:30:05 GMT\n", "2024-05-03T14:30:05Z"},
	{"Fri, 03 May 2024 24:00:00 GMT", "2024-05-04T00:00:00Z"},
	{"Fri, 03 May 2024 24:01:00 GMT", ""},
	{"Fri, 03 May 2024 23:59:60 GMT", "2024-05-04T00:00:00Z"},
	{"Fri, 03 May 2024 14:30:05 -0000", "2024-05-03T14:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 -700", "2024-05-03T21:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 +5:30", "2024-05-03T09:00:05Z"},
	{"Fri, 03 May 2024 14:30:05+02:00", "2024-05-03T12:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 \u22120400", "2024-05-03T18:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 +0200 (CEST)", "2024-05-03T12:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 +0200 CEST", "2024-05-03T12:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 (PDT)", "2024-05-03T21:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 +9999", ""},
	{"Fri, 03 May 2024 14:30:05 +0260", ""},

	// Names of zones
	{"Fri, 03 May 2024 14:30:05 Z", "2024-05-03T14:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 EST", "2024-05-03T19:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 EDT", "2024-05-03T18:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 CST", "2024-05-03T20:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 PST", "2024-05-03T22:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 PDT", "2024-05-03T21:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 BST", "2024-05-03T13:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 CET", "2024-05-03T13:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 CEST", "2024-05-03T12:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 MESZ", "2024-05-03T12:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 EEST", "2024-05-03T11:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 JST", "2024-05-03T05:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 KST", "2024-05-03T05:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 IST", "2024-05-03T09:00:05Z"},
	{"Fri, 03 May 2024 14:30:05 NPT", "2024-05-03T08:45:05Z"},
	{"Fri, 03 May 2024 14:30:05 MSK", "2024-05-03T11:30:05Z"},
	{"Thu, 03 May 2012 14:30:05 MSK", "2012-05-03T10:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 AEST", "2024-05-03T04:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 ACDT", "2024-05-03T04:00:05Z"},
	{"Fri, 03 May 2024 14:30:05 NZST", "2024-05-03T02:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 NDT", "2024-05-03T17:00:05Z"},
	{"Fri, 03 May 2024 14:30:05 GST", "2024-05-03T10:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 PKT", "2024-05-03T09:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 ET", "2024-05-03T18:30:05Z"},
	{"Wed, 03 Jan 2024 14:30:05 ET", "2024-01-03T19:30:05Z"},
	{"Sun, 10 Mar 2024 01:59:59 ET", "2024-03-10T06:59:59Z"},
	{"Sun, 10 Mar 2024 03:00:00 ET", "2024-03-10T07:00:00Z"},
	{"Sat, 25 Mar 2006 12:00:00 PT", "2006-03-25T20:00:00Z"},
	{"Fri, 03 May 2024 14:30:05 GMT+2", "2024-05-03T12:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 GMT+0200", "2024-05-03T12:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 UTC-05:00", "2024-05-03T19:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 MST-07:00", "2024-05-03T21:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 XYZ", ""},
	{"Fri, 03 May 2024 14:30:05 SST", ""},
	{"Fri, 03 May 2024 14:30:05 A", ""},

	// RFC 3339, ISO 8601, W3CDTF
	{"2024-05-03T14:30:05Z", "2024-05-03T14:30:05Z"},
	{"2024-05-03T14:30:05.123Z", "2024-05-03T14:30:05.123Z"},
	{"2024-05-03T14:30:05,5Z", "2024-05-03T14:30:05.5Z"},
	{"2024-05-03T14:30:05.123456789012Z", "2024-05-03T14:30:05.123456789Z"},
	{"2024-05-03t14:30:05z", "2024-05-03T14:30:05Z"},
	{"2024-05-03T14:30:05+02:00", "2024-05-03T12:30:05Z"},
	{"2024-05-03T14:30:05-0500", "2024-05-03T19:30:05Z"},
	{"2024-05-03T14:30:05+02", "2024-05-03T12:30:05Z"},
	{"2024-05-03T14:30Z", "2024-05-03T14:30:00Z"},
	{"2024-05-03 14:30:05", "2024-05-03T14:30:05Z"},
	{"2024-05-03 14:30:05 +0000 UTC", "2024-05-03T14:30:05Z"},
	{"2024-05-03 14:30:05 EST", "2024-05-03T19:30:05Z"},
	{"2024-05-03", "2024-05-03T00:00:00Z"},
	{"2024-5-3", "2024-05-03T00:00:00Z"},
	{"2024-05", "2024-05-01T00:00:00Z"},
	{"2024-124", "2024-05-03T00:00:00Z"},
	{"2023-366", ""},
	{"20240503", "2024-05-03T00:00:00Z"},
	{"20240503T143005Z", "2024-05-03T14:30:05Z"},
	{"20240503143005", "2024-05-03T14:30:05Z"},
	{"2024/05/03 14:30:05", "2024-05-03T14:30:05Z"},
	{"2024-05-03T24:00:00Z", "2024-05-04T00:00:00Z"},
	{"2024-02-29", "2024-02-29T00:00:00Z"},
	{"2023-02-29", ""},
	{"2024-13-03", ""},
	{"2024-05-32", ""},
	{"2024-05-03T25:00:00Z", ""},
	{"2024-05-03T14:60:00Z", ""},
	{"2024-05-03+02:00", ""},

	// Others in English
	{"Fri May  3 14:30:05 2024", "2024-05-03T14:30:05Z"},
	{"Fri May 3 14:30:05 EDT 2024", "2024-05-03T18:30:05Z"},
	{"Fri May 03 14:30:05 +0200 2024", "2024-05-03T12:30:05Z"},
	{"Fri May 03 2024 14:30:05 GMT+0200 (Central European Summer Time)", "2024-05-03T12:30:05Z"},
	{"May 3, 2024", "2024-05-03T00:00:00Z"},
	{"May 3rd, 2024", "2024-05-03T00:00:00Z"},
	{"Sept. 3, 2024", "2024-09-03T00:00:00Z"},
	{"May 3, 2024 2:30 PM", "2024-05-03T14:30:00Z"},
	{"May 3, 2024 at 2:30 p.m. EDT", "2024-05-03T18:30:00Z"},
	{"May 3, 2024 - 12:05 am", "2024-05-03T00:05:00Z"},
	{"May 3, 2024 2 PM", "2024-05-03T14:00:00Z"},
	{"May 3, 2024 14:30 PM", ""},
	{"Friday, May 3, 2024, 2:30\u202fPM", "2024-05-03T14:30:00Z"},
	{"3 May 2024", "2024-05-03T00:00:00Z"},
	{"3-May-2024 14:30", "2024-05-03T14:30:00Z"},
	{"14:30, 3 May 2024", "2024-05-03T14:30:00Z"},

	// In numbers
	{"25/12/2024", "2024-12-25T00:00:00Z"},
	{"12/25/2024 10:00", "2024-12-25T10:00:00Z"},
	{"05/05/2024", "2024-05-05T00:00:00Z"},
	{"03/05/2024", ""},
	{"03-05-2024", ""},
	{"03.05.2024", "2024-05-03T00:00:00Z"},
	{"3.5.2024 14:30", "2024-05-03T14:30:00Z"},
	{"03/05/06", ""},
	{"1714746605", "2024-05-03T14:30:05Z"},
	{"1714746605123", "2024-05-03T14:30:05.123Z"},

	// In other languages
	{"Fri, 03 Mai 2024 14:30:05 +0200", "2024-05-03T12:30:05Z"},
	{"Freitag, 3. Mai 2024, 14:30 Uhr", "2024-05-03T14:30:00Z"},
	{"Fr, 03. Mai 2024 14.30 Uhr", "2024-05-03T14:30:00Z"},
	{"am 3. März 2024 um 9:05 Uhr", "2024-03-03T09:05:00Z"},
	{"Do, 31 Okt 2024 14:30:05 MEZ", "2024-10-31T13:30:05Z"},
	{"1. Jänner 2024", "2024-01-01T00:00:00Z"},
	{"vendredi 3 mai 2024 à 14h30", "2024-05-03T14:30:00Z"},
	{"Ven, 03 Mai 2024 14:30:05 +0200", "2024-05-03T12:30:05Z"},
	{"1er août 2024", "2024-08-01T00:00:00Z"},
	{"mar. 5 mars 2024 14:30:05 +0100", "2024-03-05T13:30:05Z"},
	{"mar., 12 nov. 2024 14 h", ""},
	{"mar., 12 nov. 2024 14h", "2024-11-12T14:00:00Z"},
	{"mar, 5 mar 2024 10:00:00 GMT", "2024-03-05T10:00:00Z"},
	{"mar 7 mag 2024 10:00", "2024-05-07T10:00:00Z"},
	{"viernes, 3 de mayo de 2024, 14:30 h", "2024-05-03T14:30:00Z"},
	{"vie, 3 may 2024 2:30 p. m.", "2024-05-03T14:30:00Z"},
	{"3 de enero del 2024 a las 9:05", "2024-01-03T09:05:00Z"},
	{"sáb, 04 may 2024 10:00:00 -0300", "2024-05-04T13:00:00Z"},
	{"sexta-feira, 3 de maio de 2024 às 14h30", "2024-05-03T14:30:00Z"},
	{"1º de março de 2024", "2024-03-01T00:00:00Z"},
	{"Sex, 03 Mai 2024 14:30:05 -0300", "2024-05-03T17:30:05Z"},
	{"venerdì 3 maggio 2024 alle ore 14.30", "2024-05-03T14:30:00Z"},
	{"ven, 03 mag 2024 14:30:05 +0200", "2024-05-03T12:30:05Z"},
	{"vrijdag 3 mei 2024 om 14:30 uur", "2024-05-03T14:30:00Z"},
	{"vr, 03 mei 2024 14u30", "2024-05-03T14:30:00Z"},
	{"fredag den 3. maj 2024 kl. 14.30", "2024-05-03T14:30:00Z"},
	{"lør, 04 mai 2024 10:00:00 +0200", "2024-05-04T08:00:00Z"},
	{"fredag 3 maj 2024 kl 14:30", "2024-05-03T14:30:00Z"},
	{"lördag 4 maj 2024", "2024-05-04T00:00:00Z"},
	{"perjantaina 3. toukokuuta 2024 klo 14.30", "2024-05-03T14:30:00Z"},
	{"2024. május 3., péntek 14:30", "2024-05-03T14:30:00Z"},
	{"2024. 05. 03. 14:30", "2024-05-03T14:30:00Z"},
	{"2024. máj. 3.", "2024-05-03T00:00:00Z"},
	{"3 Mayıs 2024 Cuma 14:30", "2024-05-03T14:30:00Z"},
	{"CUM, 03 MAY 2024 14:30:05 +0300", "2024-05-03T11:30:05Z"},
	{"1 KASIM 2024", "2024-11-01T00:00:00Z"},
	{"1 ŞUBAT 2024, saat 9:05", "2024-02-01T09:05:00Z"},
	{"vineri, 3 mai 2024, ora 14:30", "2024-05-03T14:30:00Z"},
	{"mar, 07 mai 2024 14:30:05 +0300", "2024-05-07T11:30:05Z"},
	{"Пт, 03 мая 2024 14:30:05 +0300", "2024-05-03T11:30:05Z"},
	{"пятница, 3 мая 2024 г. в 14:30", "2024-05-03T14:30:00Z"},
	{"3 МАЯ 2024 ГОДА", "2024-05-03T00:00:00Z"},
	{"الجمعة، 3 مايو 2024", "2024-05-03T00:00:00Z"},
	{"٣ مايو ٢٠٢٤ ٢:٣٠ م", "2024-05-03T14:30:00Z"},
	{"3 مايو 2024 م", "2024-05-03T00:00:00Z"},
	{"3 مايو 2024 9:05 ص", "2024-05-03T09:05:00Z"},
	{"3 تشرين الثاني 2024", "2024-11-03T00:00:00Z"},
	{"3 تشرين الأول 2024", "2024-10-03T00:00:00Z"},
	{"3 كانون الثاني 2024", "2024-01-03T00:00:00Z"},
	{"3 كانون الأول 2024", "2024-12-03T00:00:00Z"},
	{"3 تشرين 2024", ""},
	{"3. května 2024", "2024-05-03T00:00:00Z"},
	{"pt., 3 maja 2024 14:30", "2024-05-03T14:30:00Z"},
	{"3 травня 2024 р.", "2024-05-03T00:00:00Z"},
	{"3 listopada 2024", ""}, // November in Polish, October in Croatian
	{"3 lip 2024", ""},       // July in Polish, June in Croatian
	{"2024年5月3日", "2024-05-03T00:00:00Z"},
	{"2024年5月3日 14:30:05", "2024-05-03T14:30:05Z"},
	{"2024年05月03日(金) 14時30分", "2024-05-03T14:30:00Z"},
	{"2024年5月3日 星期五 下午2:30", "2024-05-03T14:30:00Z"},
	{"2024년 5월 3일 오후 2시 30분", "2024-05-03T14:30:00Z"},
	{"２０２４年５月３日", "2024-05-03T00:00:00Z"},
	{"令和6年5月3日", ""},
	{"民國113年5月3日", ""},
	{"113年5月3日", ""},

	// Other calendars
	{"24 شوال 1445 هـ", ""},
	{"1445-10-24", ""},
	{"24/10/1445", ""},
	{"14 اردیبهشت 1403", ""},
	{"1403/02/14", ""},
	{"3 พฤษภาคม 2567", ""},
	{"2567-05-03", ""},
	{"3 May 2567", ""},
	{"24 Iyar 5784", ""},

	// More zones and forms
	{"Fri, 03 May 2024 14:30:05 CT", "2024-05-03T19:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 MT", "2024-05-03T20:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 et", "2024-05-03T18:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 HST", "2024-05-04T00:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 AKDT", "2024-05-03T22:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 HKT", "2024-05-03T06:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 WIB", "2024-05-03T07:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 SAST", "2024-05-03T12:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 BRT", "2024-05-03T17:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 WET", "2024-05-03T14:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 EET", "2024-05-03T12:30:05Z"},
	{"Fri, 03 May 2024 14:30:05 ACST", "2024-05-03T05:00:05Z"},
	{"Fri, 03 May 2024 14:30:05 Europe/Berlin", ""},
	{"2024-05-03T14:30:05+02:00[Europe/Berlin]", "2024-05-03T12:30:05Z"},
	{"2024-05-03T14:30:05[Europe/Berlin]", ""},
	{"2024-05-03T14:30:05 +02:00", "2024-05-03T12:30:05Z"},
	{"2024-05-03T14:30:05.5+0530", "2024-05-03T09:00:05.5Z"},
	{"2024-05-03 2:30 PM", "2024-05-03T14:30:00Z"},
	{"2024-May-03 14:30", "2024-05-03T14:30:00Z"},
	{"2024 May 3", "2024-05-03T00:00:00Z"},
	{"2024/5/3", "2024-05-03T00:00:00Z"},
	{"2024.05.03 14:30", "2024-05-03T14:30:00Z"},
	{"03-May-24", "2024-05-03T00:00:00Z"},
	{"3/May/2024:14:30:05 +0200", ""},
	{"12:00 AM, May 3, 2024", "2024-05-03T00:00:00Z"},
	{"May 3, 2024 12:00 PM", "2024-05-03T12:00:00Z"},
	{"May 3, 2024 0:30 AM", ""},
	{"May 3 2024 14:30:05 GMT", "2024-05-03T14:30:05Z"},
	{"Friday 3rd of May 2024", "2024-05-03T00:00:00Z"},
	{"MAY 3, 2024", "2024-05-03T00:00:00Z"},
	{"1714746605.25", "2024-05-03T14:30:05Z"},
	{"1714746605123456", "2024-05-03T14:30:05.123456Z"},
	{"17147466051", ""},
	{"-1714746605", ""},
	{"31/12/99", ""},
	{"31.12.99", "1999-12-31T00:00:00Z"},
	{"13/13/2024", ""},
	{"2024-00-10", ""},
	{"2024-05-00", ""},
	{"Fri, 00 May 2024 14:30:05 GMT", ""},
	{"Fri, 03 May 2024 14:30:61 GMT", ""},
	{"Fri, 03 May 2024 14:30:05 +1500", ""},
	{"Fri, 03 May 2024 14:30:05 GMT GMT+2 EST", ""},
	{"Fri, 03 Foo 2024 14:30:05 GMT", ""},
	{"vor 3 Stunden", ""},
	{"il y a 2 jours", ""},
	{"3 days ago", ""},
	{"NaN", ""},
	{"Invalid Date", ""},
	{"null", ""},

	// Not to be believed
	{"0000-00-00 00:00:00", ""},
	{"Thu, 01 Jan 1970 00:00:00 GMT", ""},
	{"0", ""},
	{"0001-01-01T00:00:00Z", ""},
	{"9999-12-31T23:59:59Z", ""},
	{"Mon, 01 Jan 0001 00:00:00 +0000", ""},
	{"Wed, 31 Dec 1969 16:00:00 PST", ""},
	{"Fri, 31 Feb 2024 10:00:00 GMT", ""},
	{"yesterday", ""},
	{"2 hours ago", ""},
	{"", ""},
	{"2024", ""},
	{"May 2024", ""},
	{"14:30:05", ""},
	{"Fri, 03 May 2024 03 May 2024", ""},
	{"99999999999999999999", ""},
}

// months are the names of the months as dates of these languages write them.
var months = map[string]string{
	"Arabic":     "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
	"Danish":     "januar februar marts april maj juni juli august september oktober november december",
	"Dutch":      "januari februari maart april mei juni juli augustus september oktober november december",
	"Finnish":    "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta",
	"French":     "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
	"German":     "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
	"Hungarian":  "január február március április május június július augusztus szeptember október november december",
	"Italian":    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
	"Norwegian":  "januar februar mars april mai juni juli august september oktober november desember",
	"Portuguese": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
	"Romanian":   "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
	"Russian":    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
	"Spanish":    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
	"Swedish":    "januari februari mars april maj juni juli augusti september oktober november december",
	"Turkish":    "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
	// As blogging software shortens them.
	"French, short":     "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
	"German, short":     "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
	"Spanish, short":    "ene feb mar abr may jun jul ago sep oct nov dic",
	"Italian, short":    "gen feb mar apr mag giu lug ago set ott nov dic",
	"Portuguese, short": "jan fev mar abr mai jun jul ago set out nov dez",
	"Dutch, short":      "jan feb mrt apr mei jun jul aug sep okt nov dec",
	"Russian, short":    "янв фев мар апр мая июн июл авг сен окт ноя дек",
	"Turkish, short":    "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
	"Romanian, short":   "ian feb mar apr mai iun iul aug sep oct noi dec",
	"Hungarian, short":  "jan. febr. márc. ápr. máj. jún. júl. aug. szept. okt. nov. dec.",
	"Finnish, short":    "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
}

func TestMonths(t *testing.T) {
	n := 0
	for language, names := range months {
		for i, name := range strings.Fields(names) {
			n++
			want := time.Date(2024, time.Month(i+1), 7, 14, 30, 5, 0, time.UTC)
			for _, in := range []string{
				"07 " + name + " 2024 14:30:05 +0000",
				"7. " + strings.ToUpper(name) + " 2024 14:30:05",
				"2024 " + name + " 7, 14:30:05 GMT",
				"14:30:05, 07-" + strings.TrimSuffix(name, ".") + "-2024",
			} {
				if got := parse.Date(in); !got.Equal(want) {
					t.Errorf("%s: Date(%q) = %v, want %v", language, in, got, want)
				}
			}
		}
	}
	if n += len(dates); n < 300 {
		t.Errorf("only %d dates", n)
	}
}

func TestDate(t *testing.T) {
	for _, c := range dates {
		got := ""
		if d := parse.Date(c.in); !d.IsZero() {
			got = d.Format(time.RFC3339Nano)
		}
		if got != c.want {
			t.Errorf("Date(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestDateIgnoresLocalZone(t *testing.T) {
	local := time.Local
	defer func() { time.Local = local }()
	time.Local = time.FixedZone("JST", 9*3600)
	TestDate(t)
	TestMonths(t)
	time.Local = time.FixedZone("EST", -5*3600)
	TestDate(t)
}
