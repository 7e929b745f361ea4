package boltstore

// ranking orders the members of a heap and hears where they are put.
type ranking[T any] interface {
	before(a, b T) bool
	placed(x T, pos int)
}

// A heap is a slice whose first member comes before all others. push and
// remove return the slice as it then is.

func push[T any, R ranking[T]](q []T, x T, r R) []T {
	q = append(q, x)
	r.placed(x, len(q)-1)
	up(q, len(q)-1, r)
	return q
}

func remove[T any, R ranking[T]](q []T, i int, r R) []T {
	last := len(q) - 1
	if i != last {
		q[i] = q[last]
		r.placed(q[i], i)
	}
	var zero T
	q[last] = zero
	q = q[:last]
	if i != last {
		fix(q, i, r)
	}
	return q
}

// fix restores the order after the rank of the member at i changed.
func fix[T any, R ranking[T]](q []T, i int, r R) {
	if !down(q, i, r) {
		up(q, i, r)
	}
}

func up[T any, R ranking[T]](q []T, i int, r R) {
	for i > 0 {
		parent := (i - 1) / 2
		if !r.before(q[i], q[parent]) {
			return
		}
		swap(q, i, parent, r)
		i = parent
	}
}

func down[T any, R ranking[T]](q []T, i int, r R) (moved bool) {
	for {
		child := 2*i + 1
		if child >= len(q) {
			return moved
		}
		if child+1 < len(q) && r.before(q[child+1], q[child]) {
			child++
		}
		if !r.before(q[child], q[i]) {
			return moved
		}
		swap(q, i, child, r)
		i, moved = child, true
	}
}

func swap[T any, R ranking[T]](q []T, i, j int, r R) {
	q[i], q[j] = q[j], q[i]
	r.placed(q[i], i)
	r.placed(q[j], j)
}
