package monitor_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestMain lets the test binary be a feed farm as well: benchmarks run one as
// a process of its own, so that its work is not counted as copytaster's.
func TestMain(m *testing.M) {
	if os.Getenv("COPYTASTER_FARM") != "" {
		serveFarm()
		return
	}
	os.Exit(m.Run())
}

// farmItems is how many items a document of the farm holds.
const farmItems = 30

// serveFarm serves feeds of thirty items and about 19 KB at /N until standard
// input ends. A POST to /publish adds an item to each and drops the oldest.
func serveFarm() {
	var version atomic.Int64
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	zippers := sync.Pool{New: func() any {
		zw, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed)
		return zw
	}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /publish", func(http.ResponseWriter, *http.Request) { version.Add(1) })
	mux.HandleFunc("GET /{feed}", func(w http.ResponseWriter, r *http.Request) {
		v := int(version.Load())
		etag := fmt.Sprintf(`"v%d"`, v)
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "application/rss+xml; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		zw := zippers.Get().(*gzip.Writer)
		defer zippers.Put(zw)
		zw.Reset(w)
		_, _ = zw.Write(farmDocument(r.PathValue("feed"), v))
		_ = zw.Close()
	})
	fmt.Println(ln.Addr())
	go func() { _ = http.Serve(ln, mux) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

var (
	farmSubjects = strings.Fields(`ministers farmers engineers judges sailors voters brokers teachers miners pilots nurses envoys
		students doctors fishermen generals mayors senators lawyers painters dockers bakers scientists drivers printers
		weavers monks rangers surgeons auditors bankers editors foresters guides hunters inspectors joiners keepers
		librarians masons novelists owners porters refugees settlers tailors umpires vintners widows archers brewers
		carpenters divers emirs firefighters governors herders islanders jewellers`)
	farmVerbs = strings.Fields(`discuss delay welcome reject examine promise publish withdraw defend question abandon borrow
		cancel describe endorse finance guard honour inspect justify lament measure negotiate oppose postpone restore
		suspend translate uphold visit`)
	farmObjects = strings.Fields(`harbour budget treaty bridge strike harvest ceasefire election pipeline vaccine tariff crisis
		railway border museum tunnel satellite pension dialect orchard reactor verdict canal lighthouse archive census
		drought embargo festival glacier hospital inquiry journal kingdom landslide monument novel opera parliament
		quarry reservoir stadium theatre university viaduct warehouse airport blockade cathedral dam estuary ferry
		garrison highway island jungle kiosk ledger market nursery`)
	farmPlaces = strings.Fields(`Lisbon Muscat Nairobi Oslo Lima Hanoi Doha Riga Accra Quito Tunis Perth Bergen Cairo Dakar
		Erfurt Fukuoka Geneva Havana Izmir Jakarta Kigali Lagos Manila Naples Odessa Porto Quebec Rabat Sofia Tallinn
		Utrecht Valencia Warsaw Xian Yerevan Zagreb Amman Bogota Colombo Dublin Essen Florence Glasgow Hamburg Ibadan
		Jeddah Krakow Lusaka Medina Nicosia Oran Palermo Reims Seville Tbilisi Uppsala Verona Windhoek Yangon`)
)

// farmSentence makes a sentence of common words, names and a number.
func farmSentence(n int) string {
	pick := func(words []string, salt int) string {
		mixed := uint64(n*8+salt) * 0x9e3779b97f4a7c15
		return words[(mixed>>33)%uint64(len(words))]
	}
	return fmt.Sprintf("In %s the %s %s the %s while %s elsewhere %s another %s of number %d.",
		pick(farmPlaces, 1), pick(farmSubjects, 2), pick(farmVerbs, 3), pick(farmObjects, 4),
		pick(farmSubjects, 5), pick(farmVerbs, 6), pick(farmObjects, 7), n%9973)
}

func farmDocument(feed string, version int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>Farm %s</title><link>https://farm.example/%s/</link><description>News from farm %s</description><language>en</language>
`, feed, feed, feed)
	for n := version + farmItems - 1; n >= version; n-- {
		seed := n*31 + len(feed)*17
		for _, c := range feed {
			seed = seed*10 + int(c-'0')
		}
		fmt.Fprintf(&b, `<item><title>%s</title><link>https://farm.example/%s/2026/11/story-%d.html</link>
<guid isPermaLink="false">farm-%s-%d</guid><pubDate>%s</pubDate><dc:creator>Desk %d</dc:creator><category>%s</category>
<description>%s %s %s</description></item>
`, farmSentence(seed)[:48], feed, n, feed, n,
			time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n)*time.Minute).Format(time.RFC1123Z),
			n%7, farmObjects[n%len(farmObjects)], farmSentence(seed+1), farmSentence(seed+2), farmSentence(seed+3))
	}
	b.WriteString("</channel></rss>\n")
	return b.Bytes()
}

// farm is a feed farm in a process of its own.
type farm struct{ url string }

func startFarm(b *testing.B) *farm {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "COPYTASTER_FARM=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return &farm{url: "http://" + strings.TrimSpace(addr)}
}

func (f *farm) publish(b *testing.B) {
	b.Helper()
	resp, err := http.Post(f.url+"/publish", "", nil)
	if err != nil {
		b.Fatal(err)
	}
	_ = resp.Body.Close()
}
