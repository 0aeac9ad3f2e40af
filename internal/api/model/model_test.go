package model

import (
	"slices"
	"testing"
)

func load(t testing.TB) *Model {
	t.Helper()
	m, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLoad(t *testing.T) {
	t.Parallel()
	m := load(t)
	if m.TargetPrefix != "AWSCognitoIdentityProviderService" || len(m.Operations) != 140 {
		t.Errorf("%d operations of %s, want 140", len(m.Operations), m.TargetPrefix)
	}
	empty, unsigned := 0, 0
	for name, op := range m.Operations {
		if op.Input == nil || op.Input.Type != Structure || len(op.Errors) == 0 {
			t.Errorf("%s has no input or no errors", name)
		}
		if op.Output == nil {
			empty++
		}
		if op.Auth == "none" {
			unsigned++
		}
	}
	// 32 are unsigned on the wire; three later ones are signed by SDKs and say in the body who calls.
	if empty != 13 || unsigned != 35 {
		t.Errorf("%d operations with an empty answer and %d unsigned, want 13 and 35", empty, unsigned)
	}
	members := m.Shapes["SignUpRequest"].Members
	var names []string
	for _, member := range members {
		names = append(names, member.Name)
	}
	if !slices.Equal(names[:4], []string{"ClientId", "SecretHash", "Username", "Password"}) || !members[0].Required || members[1].Required {
		t.Errorf("members of SignUpRequest out of order: %v", names)
	}
}

func TestAdditions(t *testing.T) {
	t.Parallel()
	m := load(t)
	has := func(shape, member string) *Member {
		for _, have := range m.Shapes[shape].Members {
			if have.Name == member {
				return &have
			}
		}
		return nil
	}
	if has("UserPoolType", "IssuerConfiguration") == nil || has("UserPoolType", "Id") == nil {
		t.Error("later members are not added to what was there")
	}
	if c := has("SmsConfigurationType", "SnsCallerArn"); c == nil || c.Required {
		t.Error("SnsCallerArn is still required")
	}
	var base, more file
	base.Operations = map[string]fileOperation{"A": {}}
	base.Shapes = map[string]fileShape{"S": {}}
	more.Operations = map[string]fileOperation{"A": {}}
	if err := base.add(more); err == nil {
		t.Error("an operation was replaced in silence")
	}
	more.Operations, more.Shapes = nil, map[string]fileShape{"S": {}}
	if err := base.add(more); err == nil {
		t.Error("a shape was replaced in silence")
	}
	base.Shapes = map[string]fileShape{"L": {Type: List, Member: "Nowhere"}}
	if _, err := base.link(); err == nil {
		t.Error("a shape that does not exist was named in silence")
	}
}

// Every pattern is one that Go can compile, the look-behind included.
func TestPatterns(t *testing.T) {
	t.Parallel()
	m := load(t)
	n := 0
	for name, s := range m.Shapes {
		if s.Pattern == "" {
			continue
		}
		n++
		func() {
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("%s: %v", name, p)
				}
			}()
			s.Matches("")
		}()
	}
	if n < 50 {
		t.Errorf("only %d patterns seen", n)
	}
	bucket := m.Shapes["S3BucketType"]
	for text, want := range map[string]bool{"my-bucket": true, "a.b": true, "": true, "a.": false, ".": false, "a b": false, "a\n": false} {
		if bucket.Matches(text) != want {
			t.Errorf("S3BucketType matches %q: %v", text, !want)
		}
	}
	username := m.Shapes["UsernameType"]
	for text, want := range map[string]bool{"ann": true, "ä@é.de": true, "a b": false, "": false, " ann": false, "ann\n": false} {
		if username.Matches(text) != want {
			t.Errorf("UsernameType matches %q: %v", text, !want)
		}
	}
}
