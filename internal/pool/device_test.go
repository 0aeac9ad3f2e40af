package pool

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNewDevice(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"192.0.2.1:80": "192.0.2.1", "[2001:db8::1]:443": "2001:db8::1", "[::ffff:192.0.2.1]:1": "192.0.2.1", "192.0.2.7": "192.0.2.7", "": ""} {
		if got := NewDevice(in, "").IP; got != want {
			t.Errorf("NewDevice(%q).IP = %q, want %q", in, got, want)
		}
	}
	for _, agent := range []string{"a\x00b", "\xff\xfe", strings.Repeat("é", 500), strings.Repeat("x", 255) + "é"} {
		got := NewDevice("", agent).UserAgent
		if len(got) > 256 || !utf8.ValidString(got) || strings.Contains(got, "\x00") {
			t.Errorf("NewDevice keeps %q of %q", got, agent)
		}
	}
	if got := NewDevice("", "curl/8.1").UserAgent; got != "curl/8.1" {
		t.Errorf("NewDevice keeps %q of curl/8.1", got)
	}
}
