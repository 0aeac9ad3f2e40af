package pool_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/pool"
)

func manyTags(n int) map[string]string {
	tags := map[string]string{}
	for i := range n {
		tags[fmt.Sprint("tag", i)] = "v"
	}
	return tags
}

// Tags obey the same rules wherever they come from.
func TestTagRules(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		tags map[string]string
		good bool
	}{
		"none":                {nil, true},
		"one":                 {map[string]string{"env": "test"}, true},
		"no value":            {map[string]string{"env": ""}, true},
		"all that is allowed": {map[string]string{"Köln 1_.:/=+-@": "a b_.:/=+-@"}, true},
		"the longest":         {map[string]string{strings.Repeat("é", 128): strings.Repeat("é", 256)}, true},
		"fifty":               {manyTags(50), true},
		"fifty-one":           {manyTags(51), false},
		"no key":              {map[string]string{"": "v"}, false},
		"a long key":          {map[string]string{strings.Repeat("k", 129): "v"}, false},
		"a long value":        {map[string]string{"k": strings.Repeat("v", 257)}, false},
		"AWS's own":           {map[string]string{"aws:cloudformation:stack-name": "v"}, false},
		"AWS's, in capitals":  {map[string]string{"AWS:x": "v"}, false},
		"a NUL":               {map[string]string{"k\x00": "v"}, false},
		"a line":              {map[string]string{"k": "a\nb"}, false},
		"markup":              {map[string]string{"k": "<b>"}, false},
		"no UTF-8":            {map[string]string{"k\xff": "v"}, false},
	} {
		s := pool.Settings{PoolName: "p", UserPoolTags: c.tags}
		err := s.Check()
		if e := pool.AsError(err); (err == nil) != c.good || err != nil && (e.Kind != pool.UserPoolTagging || e.Field != "UserPoolTags") {
			t.Errorf("%s: %v", what, err)
		}
		_, err = pool.Settings{}.Tagged(c.tags)
		if e := pool.AsError(err); (err == nil) != c.good || err != nil && (e.Kind != pool.InvalidParameter || e.Field != "Tags") {
			t.Errorf("%s, added: %v", what, err)
		}
	}
}

func TestTagsAreAdded(t *testing.T) {
	t.Parallel()
	before := pool.Settings{UserPoolTags: manyTags(49)}
	after, err := before.Tagged(map[string]string{"tag0": "other", "new": "v"})
	if err != nil || len(after.UserPoolTags) != 50 || after.UserPoolTags["tag0"] != "other" {
		t.Errorf("tagged: %v, %v", after.UserPoolTags, err)
	}
	if diff := cmp.Diff(manyTags(49), before.UserPoolTags); diff != "" {
		t.Errorf("what it was made from has changed: %s", diff)
	}
	if _, err := after.Tagged(map[string]string{"one more": "v"}); err == nil {
		t.Error("51 tags")
	}
	rest := after.Untagged([]string{"new", "tag1", "none"})
	if len(rest.UserPoolTags) != 48 || len(after.UserPoolTags) != 50 {
		t.Errorf("untagged: %d of %d", len(rest.UserPoolTags), len(after.UserPoolTags))
	}
}

// Nothing but the whole right name of a pool leads to it.
func TestResourceARN(t *testing.T) {
	t.Parallel()
	const account, id = "123456789012", "us-east-1_Example01"
	right := pool.ARN(id, account)
	if right != "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Example01" {
		t.Error(right)
	}
	if got, err := (pool.ResourceARN{ARN: right, Account: account}).Pool(); got != id || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for _, arn := range []string{
		"", id, right + "/", right + ":userpool/us-east-1_Other0001", strings.Replace(right, account, "999999999999", 1), strings.Replace(right, "us-east-1:", "eu-west-1:", 1),
		strings.Replace(right, "arn:aws:", "arn:aws-cn:", 1), strings.Replace(right, "cognito-idp", "cognito-identity", 1), strings.Replace(right, "userpool/", "client/", 1),
		"arn:aws:cognito-idp:us-east-1:123456789012:userpool/", "x" + right, strings.ToUpper(right), "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Other0001:userpool/" + id,
	} {
		if got, err := (pool.ResourceARN{ARN: arn, Account: account}).Pool(); err == nil || got != "" {
			t.Errorf("%q is %q", arn, got)
		}
	}
}
