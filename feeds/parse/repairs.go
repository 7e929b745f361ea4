package parse

// repairs is a set of the repairs that made a document readable.
type repairs uint32

const (
	repairCharset    repairs = 1 << iota // the text is in another charset than declared, or in none
	repairIllegal                        // characters or references that XML forbids
	repairBefore                         // something stood before the root element
	repairAfter                          // something stood after its end
	repairRoot                           // the root element was missing
	repairNamespace                      // the format's namespace was missing or misspelt
	repairMarkup                         // < or ]]> in text, faulty comments and CDATA sections
	repairAttributes                     // attributes without quotes or names, or named twice
	repairTags                           // tags without their counterpart, or wrongly nested
	repairChannels                       // several channels
	repairTruncated                      // the document ended too early
	repairJSON                           // commas, comments or control characters where JSON allows none
	repairItems                          // items that could not be read were left out
)

// repairNames are in the order of the constants.
var repairNames = [...]string{
	"charset", "illegal-characters", "junk-before", "junk-after", "root", "namespace", "stray-markup",
	"attributes", "mismatched-tags", "channels", "truncated", "json-syntax", "unreadable-items",
}

func (r repairs) names() []string {
	var list []string
	for i, name := range repairNames {
		if r>>i&1 == 1 {
			list = append(list, name)
		}
	}
	return list
}
