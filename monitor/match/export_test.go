package match

import "github.com/copytaster/copytaster/feeds"

// Work returns how many entries the article made the index look at, and how
// many of them it had to test.
func (ix *Index) Work(a *feeds.Article) (scanned, tested int) {
	x := ix.shared.pool.Get().(*article)
	defer ix.put(x)
	ix.find(nil, x, a)
	return x.scanned, x.looked
}
