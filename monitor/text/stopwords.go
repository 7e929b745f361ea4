package text

import (
	"math/bits"
	"strings"
)

// languages is a set of stemmers.
type languages uint32

func (s languages) first() Stemmer { return Stemmer(bits.TrailingZeros32(uint32(s))) }

// maxStopWord is the length of the longest stop word in bytes.
const maxStopWord = 8

// stopWords says which of the languages in Latin script have a word among
// their most frequent ones. The lists were chosen to tell neighbours apart
// (Danish, Norwegian and Swedish; Portuguese and Spanish; Dutch and German).
var stopWords = func() map[string]languages {
	lists := map[Stemmer]string{
		English: `the of and to in is for that on with as was it by at from are be this an has have
			he his will not but its their who which after said were been they we or had more about would`,
		French: `le la les de des du et en un une est que qui dans pour par sur au aux ce cette avec pas
			plus ne se son sa ses ont sont il elle nous mais ou été être leur comme après selon`,
		German: `der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es
			an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde`,
		Spanish: `el la los las de del y en que un una es por con para se su no al lo como más pero sus
			le ha este entre cuando muy sin sobre también hasta hay donde ser son fue desde está`,
		Portuguese: `o a os as de do da dos das e em no na nos nas um uma que é por com para se não ao
			mais como mas foi sua seu são pelo pela até também já entre após à às`,
		Italian: `il lo la i gli le di del della dei delle e è in un una che per con non si da dal dalla
			al alla nel nella sono ha più come anche ma su questo tra fra dopo ai dai sul degli`,
		Dutch: `de het een en van in is dat op te met voor zijn niet aan er om ook als bij door naar
			maar uit nog wordt werd heeft worden dan over tot hij ze deze die meer na was hebben geen`,
		Danish: `og i at det en den til er som på de med af for ikke der var et har han men om blev
			efter også fra ud sig nu hvor eller skal kan vil havde ville mod bliver hvad mere`,
		Norwegian: `og i det på som er en til å han av for at med var de ikke den har om et men ble
			etter også fra ut seg nå hvor eller skal kan vil hadde mot blir hva mer hun sier`,
		Swedish: `och i att det som en på är av för med till den har de inte om ett han men var jag
			från vid efter också eller ut sig nu där ska kan vill hade mot blir vad mer när under enligt`,
		Finnish: `ja on ei että se hän oli myös mutta ovat kun niin kuin tai joka sen jos jo vain
			nyt mukaan ole siitä tämä sekä olla voi ollut jälkeen mitä kanssa vuoden`,
		Hungarian: `a az és hogy nem is egy ez meg de volt már csak el mint még azt ki ha vagy szerint
			után között lesz minden pedig majd olyan ezt kell akkor lehet van`,
		Romanian: `și şi în de la cu pe nu a că este care din pentru mai un o sunt fost au se ce sau
			dar după prin fi ca ar cel între al ale lui către`,
		Turkish: `ve bir bu için ile da de olarak olan daha çok gibi en sonra kadar ne ise var
			değil göre ama o her oldu olduğu dedi ancak büyük tarafından`,
	}
	set := make(map[string]languages)
	for l, list := range lists {
		for _, w := range strings.Fields(list) {
			if len(w) <= maxStopWord {
				set[w] |= 1 << l
			}
		}
	}
	return set
}()
