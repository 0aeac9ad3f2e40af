package pool

import (
	"context"
	"time"
)

// Caller is what a door knows of a request and the audit trail keeps of it. It
// travels in the request's context, from both doors alike.
type Caller struct {
	From     Device
	Door     Door
	Operator OperatorName // zero for people
}

type callerKey struct{}

// In is ctx with the caller.
func (c Caller) In(ctx context.Context) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf is the caller in ctx, zero where no door put one there.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// Note is an event while it happens: who does it adds what becomes known on the
// way. All methods take a nil Note, which notes nothing.
type Note struct {
	event   Event
	truth   EventReason // why it is refused though the caller hears nothing of it
	silent  bool        // nothing is written unless it is refused
	written bool        // its own event is written, or, at the door, one of a verb
	door    bool        // it stands for what no verb has noted
	above   *Note
	now     func() time.Time
}

type noteKey struct{}

// NoteOf is the innermost note in ctx, or nil.
func NoteOf(ctx context.Context) *Note {
	n, _ := ctx.Value(noteKey{}).(*Note)
	return n
}

// Unnoted is ctx for what is looked up beside that which is noted.
func Unnoted(ctx context.Context) context.Context {
	return context.WithValue(ctx, noteKey{}, (*Note)(nil))
}

// Noting begins a note of what somebody does at an app. Within an operator's
// change it is that change which is noted, and nothing beside it.
func Noting(ctx context.Context, app App, kind EventKind, now func() time.Time) (context.Context, *Note) {
	above := NoteOf(ctx)
	if above != nil && above.event.Kind == EventOperator {
		return ctx, nil
	}
	c := CallerOf(ctx)
	n := &Note{above: above, now: now, event: Event{
		UserPoolID: app.Pool.ID, Kind: kind, Client: app.Client.ID, From: c.From, Door: c.Door, Operator: c.Operator,
	}}
	return context.WithValue(ctx, noteKey{}, n), n
}

// NotingRefusals is Noting where only a refusal is of interest.
func NotingRefusals(ctx context.Context, app App, kind EventKind, now func() time.Time) (context.Context, *Note) {
	ctx, n := Noting(ctx, app, kind, now)
	n.Silence()
	return ctx, n
}

// NotingAtDoor begins the note of a request that may be refused before a verb
// notes anything; its app is not known yet.
func NotingAtDoor(ctx context.Context, kind EventKind, now func() time.Time) (context.Context, *Note) {
	ctx, n := NotingRefusals(ctx, App{}, kind, now)
	n.door = true
	return ctx, n
}

// NotingOperation begins a note of an operator's call. What e lacks is that of
// the caller.
func NotingOperation(ctx context.Context, e Event, now func() time.Time) (context.Context, *Note) {
	c := CallerOf(ctx)
	e.Kind, e.From, e.Door, e.Operator = EventOperator, c.From, c.Door, c.Operator
	n := &Note{event: e, now: now}
	return context.WithValue(ctx, noteKey{}, n), n
}

// Denied is the event of an operator's call that was refused.
func Denied(ctx context.Context, e Event, now func() time.Time) Event {
	_, n := NotingOperation(ctx, e, now)
	n.event.Result = Refused
	return n.dated()
}

// AtApp says at which app it happens, where that was not known at first.
func (n *Note) AtApp(app App) {
	if n != nil && n.event.Kind != EventOperator {
		n.event.UserPoolID, n.event.Client = app.Pool.ID, app.Client.ID
	}
}

// On says on which pool and thing an operator acts, where that was not known at
// first.
func (n *Note) On(name, value string) {
	if n != nil && value != "" {
		if n.event.Target == nil {
			n.event.Target = map[string]string{}
		}
		n.event.Target[name] = value
	}
}

// About says whom it is about.
func (n *Note) About(subject string) {
	for ; n != nil; n = n.above {
		n.event.Subject = subject
	}
}

// Try is the number of a failure that the lockout has counted, unless it was
// locked.
func (n *Note) Try(l Lockout, err error) {
	if n != nil && err == nil {
		n.event.try = l.Failures
	}
}

// Waits says that it goes on with another step.
func (n *Note) Waits(reason EventReason) {
	if n != nil {
		n.event.Result, n.event.Reason = Waiting, reason
	}
}

// Truly says that it is refused, though the caller hears that it passed.
func (n *Note) Truly(reason EventReason) {
	if n != nil && n.truth == "" {
		n.truth = reason
	}
}

// Via says what stood in for the person.
func (n *Note) Via(what string) {
	if n != nil {
		n.event.Via = what
	}
}

// Silence leaves it unwritten unless it is refused.
func (n *Note) Silence() {
	if n != nil {
		n.silent = true
	}
}

// Speak undoes Silence.
func (n *Note) Speak() {
	if n != nil {
		n.silent = false
	}
}

// Passing is the event as it stands when all went well; ok is false where there
// is nothing to write.
func (n *Note) Passing() (e Event, ok bool) {
	if n == nil {
		return e, false
	}
	if n.silent && n.truth == "" {
		return e, false
	}
	e = n.dated()
	switch {
	case n.truth != "":
		e.Result, e.Reason = Refused, n.truth
	case e.Result == "":
		e.Result = Passed
	}
	n.tell()
	return e, true
}

// Ending is the event that is still to be written when it ended with err; ok is
// false where there is none: it is written, it broke off by a fault, or it is an
// operator's change that did not come about.
func (n *Note) Ending(err error) (e Event, ok bool) {
	switch {
	case n == nil:
		return e, false
	case err == nil && n.written:
		return e, false
	case err == nil:
		return n.Passing()
	}
	reason := ReasonOf(err)
	if reason == "" || n.event.UserPoolID == "" || n.event.Kind == EventOperator || n.door && n.written {
		return e, false
	}
	n.tell()
	e = n.dated()
	e.Result, e.Reason = Refused, reason
	if n.truth != "" {
		e.Reason = n.truth
	}
	return e, true
}

// dated is the event at the time when it is written.
func (n *Note) dated() Event {
	e, now := n.event, n.now()
	e.ID, e.At = NewEventID(now), now.UnixMilli()
	return e
}

// tell marks it as written, and lets the notes above know.
func (n *Note) tell() {
	for ; n != nil; n = n.above {
		n.written = true
	}
}
