package config

// maxCandidates is how many words are worth comparing for a guess.
const maxCandidates = 1000

// closest returns the candidate that s is most likely a misspelling of, or "".
func closest(s string, candidates []string) string {
	const longest = 100
	if len(s) > longest {
		return ""
	}
	best, fewest := "", 1+len(s)/3
	for _, c := range candidates[:min(len(candidates), maxCandidates)] {
		if n := distance(s, c, fewest); n < fewest || n == fewest && best == "" {
			best, fewest = c, n
		}
	}
	return best
}

// distance returns how many letters must be added, removed, changed or swapped
// with their neighbour to make a into b; something over limit when more than
// limit. (Optimal string alignment.)
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > limit || len(y)-len(x) > limit {
		return limit + 1
	}
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			n := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				n = min(n, rows[i-2][j-2]+1)
			}
			rows[i][j] = n
		}
	}
	return rows[len(x)][len(y)]
}
