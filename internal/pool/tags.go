package pool

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const maxTags = 50

// tagPattern is what AWS allows in tags (AWS: Tagging AWS resources).
var tagPattern = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// wrongTags says what is wrong with a pool's tags, or "".
func wrongTags(tags map[string]string) string {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		value, n := tags[key], utf8.RuneCountInString(key)
		switch {
		case n < 1 || n > 128 || !tagPattern.MatchString(key):
			return "a tag's key must be 1 to 128 letters, digits, spaces or _.:/=+-@"
		case utf8.RuneCountInString(value) > 256 || !tagPattern.MatchString(value):
			return fmt.Sprintf("the value of the tag %s must be at most 256 letters, digits, spaces or _.:/=+-@", key)
		case len(key) >= 4 && strings.EqualFold(key[:4], "aws:"):
			return fmt.Sprintf("the tag %s begins with aws:, which is kept for AWS", key)
		}
	}
	if len(tags) > maxTags {
		return fmt.Sprintf("a user pool has at most %d tags", maxTags)
	}
	return ""
}

// ResourceARN is what a call on tags names, at a server that has an account.
type ResourceARN struct{ ARN, Account string }

// Pool is the id of the pool that the ARN names. Every part of it must be right:
// who may make the call was decided by the id alone.
func (r ResourceARN) Pool() (string, error) {
	_, id, _ := strings.Cut(r.ARN, ":userpool/")
	if !ValidPoolID(id) || r.ARN != ARN(id, r.Account) {
		return "", refuse(InvalidParameter, "setting", "ResourceArn", "must be the ARN of a user pool of this server, as DescribeUserPool shows it")
	}
	return id, nil
}

// Tagged returns the settings with tags beside those that they have, or in place
// of those of the same key (Cognito: TagResource).
func (s Settings) Tagged(tags map[string]string) (Settings, error) {
	all := maps.Clone(s.UserPoolTags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, tags)
	if wrong := wrongTags(all); wrong != "" {
		return s, refuse(InvalidParameter, "setting", "Tags", wrong)
	}
	s.UserPoolTags = all
	return s, nil
}

// Untagged returns the settings without the tags of those keys (Cognito:
// UntagResource).
func (s Settings) Untagged(keys []string) Settings {
	s.UserPoolTags = maps.Clone(s.UserPoolTags)
	maps.DeleteFunc(s.UserPoolTags, func(key, _ string) bool { return slices.Contains(keys, key) })
	return s
}
