package setup

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Refused are all entries of a document that Apply refuses, with each member at
// fault.
type Refused []Refusal

// Refusal is one of them.
type Refusal struct {
	List  string // of the document
	Index int
	Err   error // a pool.Error as a rule
}

// Entry is where the entry stands: "UserPools.0".
func (r Refusal) Entry() string { return fmt.Sprintf("%s.%d", r.List, r.Index) }

// where is the member at fault and what is wrong with it.
func (r Refusal) where() (member, reason string) {
	e := pool.AsError(r.Err)
	if e == nil || e.Field == "" {
		return r.Entry(), r.Err.Error()
	}
	return r.Entry() + "." + e.Field, cmp.Or(e.Args["detail"], r.Err.Error())
}

// Error leads to the entry and the member.
func (r Refusal) Error() string { return r.Entry() + ": " + worded(r.Err).Error() }

// Unwrap returns the reason.
func (r Refusal) Unwrap() error { return r.Err }

// Error gives one line for each.
func (r Refused) Error() string {
	lines := make([]string, len(r))
	for i, one := range r {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns each of them.
func (r Refused) Unwrap() []error {
	out := make([]error, len(r))
	for i, one := range r {
		out[i] = one
	}
	return out
}

// refused keeps why an entry was refused, and lets the run go on to the next. An
// error that is nobody's refusal ends it.
func (r *applying) refused(list string, i int, err error) error {
	if err == nil {
		return nil
	}
	reasons := pool.Refusals(err)
	if len(reasons) == 0 || reasons[0].Is(errRaced) {
		return fmt.Errorf("%s.%d: %w", list, i, err)
	}
	for _, reason := range reasons {
		if reason.Is(errNoPool) && r.missing[reason.Args["pool"]] { // why there is none has been said
			continue
		}
		r.wrong = append(r.wrong, Refusal{list, i, reason})
	}
	return nil
}

// worded is a refusal as the writer of a document reads it: the member, and
// what is wrong with it.
func worded(err error) error {
	e := pool.AsError(err)
	if e == nil || e.Field == "" || e.Args["detail"] == "" {
		return err
	}
	return wording{e}
}

type wording struct{ refused *pool.Error }

func (w wording) Error() string { return w.refused.Field + ": " + w.refused.Args["detail"] }

func (w wording) Unwrap() error { return w.refused }
