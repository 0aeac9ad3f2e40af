package pool_test

import (
	"regexp"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func TestAccessKeysHaveTheirShape(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	secret := regexp.MustCompile(`^[A-Za-z0-9+/]{40}$`)
	for range 100 {
		id, s := pool.NewAccessKeyID(), pool.NewSecretAccessKey()
		if !pool.ValidAccessKeyID(id) || !secret.MatchString(s.Reveal()) {
			t.Fatalf("made %q with a secret of %d characters", id, len(s))
		}
		if seen[id] || seen[s.Reveal()] {
			t.Fatal("made the same twice")
		}
		seen[id], seen[s.Reveal()] = true, true
	}
	for _, id := range []string{"", "AKIA", "AKIAAAAAAAAAAAAAAAA1", "akiaaaaaaaaaaaaaaaaa", "AKIAAAAAAAAAAAAAAAAAA", "ASIAAAAAAAAAAAAAAAAA", "AKIAAAAAAAAAAAAAAAAA\n"} {
		if pool.ValidAccessKeyID(id) {
			t.Errorf("%q passes for an access key id", id)
		}
	}
}

func TestOperatorKeyMay(t *testing.T) {
	t.Parallel()
	all, reader := pool.OperatorKey{}, pool.OperatorKey{ReadOnly: true}
	bound := pool.OperatorKey{Pools: []string{"us-east-1_A", "us-east-1_B"}}
	boundReader := pool.OperatorKey{ReadOnly: true, Pools: []string{"us-east-1_A"}}
	for _, c := range []struct {
		key   pool.OperatorKey
		reads bool
		pool  string
		want  bool
	}{
		{all, true, "", true}, {all, false, "", true}, {all, false, "us-east-1_A", true},
		{reader, true, "", true}, {reader, true, "us-east-1_A", true}, {reader, false, "us-east-1_A", false}, {reader, false, "", false},
		{bound, true, "us-east-1_B", true}, {bound, false, "us-east-1_B", true}, {bound, true, "us-east-1_C", false}, {bound, true, "", false}, {bound, false, "", false},
		{boundReader, true, "us-east-1_A", true}, {boundReader, false, "us-east-1_A", false}, {boundReader, true, "us-east-1_B", false},
	} {
		if got := c.key.May(c.reads, c.pool); got != c.want {
			t.Errorf("%+v: May(%v, %q) = %v", c.key, c.reads, c.pool, got)
		}
	}
}

func TestOperatorKeyCheck(t *testing.T) {
	t.Parallel()
	for _, k := range []pool.OperatorKey{{}, {Name: "deploy@ci"}, {Pools: []string{"us-east-1_A"}}} {
		if err := k.Check(); err != nil {
			t.Errorf("%+v: %v", k, err)
		}
	}
	for _, k := range []pool.OperatorKey{{Name: "two words"}, {Name: "a/b"}, {Name: "\x00"}, {Pools: []string{"nonsense"}}, {Pools: []string{""}}} {
		if k.Check() == nil {
			t.Errorf("%+v passes", k)
		}
	}
	if arn := (pool.OperatorKey{ID: "AKIAX", Name: "ci"}).ARN("123456789012"); arn != "arn:aws:iam::123456789012:user/ci" {
		t.Error(arn)
	}
	if arn := (pool.OperatorKey{ID: "AKIAX"}).ARN("123456789012"); arn != "arn:aws:iam::123456789012:user/AKIAX" {
		t.Error(arn)
	}
}
