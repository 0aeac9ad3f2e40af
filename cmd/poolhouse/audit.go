package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/poolhouse/poolhouse/internal/server"
)

type auditCommand struct {
	ledgerFlags
	Pool           string `placeholder:"ID" help:"Only of this pool. Without it also what is no pool's: pools that came and went, keys, refused calls."`
	User           string `placeholder:"USER" help:"Only of this person, by a name, or the sub; a name that nobody has is looked up too."`
	Since          string `placeholder:"WHEN" help:"Only from then on: a time like 2026-01-31T08:00:00Z, a day, or how long ago, like 24h."`
	Follow         bool   `help:"Go on with what happens, until interrupted."`
	FeedbackTokens bool   `help:"Also print the tokens by which people say whether an event was theirs (UpdateAuthEventFeedback)."`
}

// followEvery is how often the trail is asked again.
const followEvery = time.Second

// Run prints a line for each event, the oldest first.
func (c auditCommand) Run(s surroundings) error {
	since, err := parseSince(c.Since, time.Now())
	if err != nil {
		return err
	}
	ask := server.AuditAsk{Pool: c.Pool, User: c.User, Since: since, Feedback: c.FeedbackTokens}
	out := bufio.NewWriter(s.out)
	flush := func() error { return nil }
	if c.Follow {
		ask.Follow, flush = followEvery, out.Flush
	}
	err = server.Audit(s, c.ledger(s), ask, func(e server.Event, token string) error {
		if err := writeEvent(out, e, token); err != nil {
			return err
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// parseSince reads a time, a day (of UTC), or how long ago; "" is the beginning.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("--since %q is none of a time like 2026-01-31T08:00:00Z, a day like 2026-01-31, and how long ago, like 24h", text)
}

// eventLine is an event as it is printed.
type eventLine struct {
	Time          string            `json:"time"`
	Pool          string            `json:"pool,omitempty"`
	ID            string            `json:"id"`
	Event         string            `json:"event"`
	Result        string            `json:"result"`
	Reason        string            `json:"reason,omitempty"`
	User          string            `json:"user,omitempty"` // a sub, or "?" and a hash
	Via           string            `json:"via,omitempty"`
	Client        string            `json:"client,omitempty"`
	Door          string            `json:"door,omitempty"`
	IP            string            `json:"ip,omitempty"`
	UserAgent     string            `json:"user_agent,omitempty"`
	OperatorKey   string            `json:"operator_key,omitempty"`
	OperatorName  string            `json:"operator_name,omitempty"`
	Operation     string            `json:"operation,omitempty"`
	Target        map[string]string `json:"target,omitempty"`
	Members       []string          `json:"members,omitempty"`
	About         string            `json:"about,omitempty"`
	Feedback      string            `json:"feedback,omitempty"`
	Count         int64             `json:"count,omitempty"` // of refusals that came more than once
	Last          string            `json:"last,omitempty"`
	FeedbackToken string            `json:"feedback_token,omitempty"`
}

func writeEvent(w io.Writer, e server.Event, token string) error {
	line := eventLine{
		Time: moment(e.At), Pool: e.UserPoolID, ID: e.ID, Event: string(e.Kind), Result: string(e.Result), Reason: string(e.Reason), User: e.Subject, Via: e.Via,
		Client: e.Client, Door: string(e.Door), IP: e.From.IP, UserAgent: e.From.UserAgent, OperatorKey: e.Operator.Key, OperatorName: e.Operator.Name,
		Operation: e.Operation, Target: e.Target, Members: e.Members, About: e.About, Feedback: e.Feedback, FeedbackToken: token,
	}
	if e.Count > 1 {
		line.Count, line.Last = e.Count, moment(e.Last)
	}
	text, err := json.Marshal(line)
	if err == nil {
		_, err = w.Write(append(printable(text), '\n'))
	}
	return err
}

// moment is a time of the ledger (ms) in UTC.
func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// printable escapes in JSON what a terminal could take for an order, or show in
// another order than it stands there: whatever is not a printable character.
func printable(text []byte) []byte {
	var b bytes.Buffer
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case unicode.IsPrint(r) && r != utf8.RuneError:
			b.Write(text[:n])
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		text = text[n:]
	}
	return b.Bytes()
}
