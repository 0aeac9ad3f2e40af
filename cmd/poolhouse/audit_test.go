package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/poolhouse/poolhouse/internal/server"
)

// An event is one line that no terminal takes for an order, whatever a browser
// says of itself, and that reads back as what it was.
func TestAuditLinesAreSafe(t *testing.T) {
	t.Parallel()
	for _, hostile := range []string{
		"Mozilla/5.0 (X11; Linux x86_64)", "\x1b[2J\x1b]0;owned\x07", "a\r\n{\"event\":\"forged\"}", "\u009b31m", "\u202egnihton", "\u2028\u2029\u0085\u200b\ufeff", "\x7f", "é🙂\U000e0041", `"}],\`,
	} {
		var e server.Event
		e.Kind, e.Result, e.From.UserAgent, e.Target = "sign_in", "refused", hostile, map[string]string{hostile: hostile}
		var out bytes.Buffer
		if err := writeEvent(&out, e, ""); err != nil {
			t.Fatal(err)
		}
		line, rest, _ := strings.Cut(out.String(), "\n")
		if rest != "" || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q is printed as %q", hostile, out.String())
		}
		var back eventLine
		if err := json.Unmarshal([]byte(line), &back); err != nil || back.UserAgent != hostile || back.Target[hostile] != hostile {
			t.Errorf("%q came back as %q, %v", hostile, back.UserAgent, err)
		}
		if words := eventWords(e) + quoted(hostile); strings.ContainsFunc(words, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q is told as %q", hostile, words)
		}
	}
}

// "Nothing was tried" is said only where it is known.
func TestWhyBehindAFlood(t *testing.T) {
	t.Parallel()
	var e server.Event
	e.Kind, e.Result, e.Reason = "sign_in", "refused", "flood"
	for want, who := range map[string]server.Standing{
		"Nothing was tried under this name, as far as the audit trail goes back.": {},
		"  1970-01-01T00:00:00.000Z  sign_in refused: flood":                      {Drowned: []server.Event{e}},
	} {
		lines := explain(who, "nobody")
		if got := lines[len(lines)-1]; got != want || len(lines) != 2+len(who.Drowned) {
			t.Errorf("%+v is told as %q", who, lines)
		}
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	for text, want := range map[string]string{"": "0001-01-01T00:00:00Z", "24h": "2026-02-02T04:05:06Z", "2026-01-31": "2026-01-31T00:00:00Z", "2026-01-31T08:00:00+01:00": "2026-01-31T07:00:00Z"} {
		if got, err := parseSince(text, now); err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"yesterday", "-1h", "2026-13-01"} {
		if got, err := parseSince(text, now); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}

// What is shown of a file or a name gives a terminal no orders, and what is copied
// into a shell is one word there.
func TestWhatIsShownOrdersNothing(t *testing.T) {
	t.Parallel()
	if got := oneLine(errors.New("line 3,\n\x1b[31mRED\x1b]0;owned\x07")); got != "line 3, [31mRED]0;owned" {
		t.Errorf("an error is shown as %q", got)
	}
	for typed, want := range map[string]string{"ann": "'ann'", "$(touch x)": "'$(touch x)'", "o'neil": `'o'\''neil'`, "a\x1bb": "'ab'"} {
		if got := inShell(typed); got != want {
			t.Errorf("%q is %s in a shell, want %s", typed, got, want)
		}
	}
}
