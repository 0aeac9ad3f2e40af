package cognito

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// claimSet is the members of a token or of a userInfo answer. Reading them one
// by one matches names exactly, where encoding/json would take SUB for sub, and
// tolerates that the same claim is a boolean here and a string there, a list or
// a single string, a number or its digits. What cannot be read counts as absent.
type claimSet map[string]json.RawMessage

func (c claimSet) decode(v any) error {
	all, err := json.Marshal(map[string]json.RawMessage(c))
	if err != nil {
		return err
	}
	return json.Unmarshal(all, v)
}

// text is the string, or the JSON text of anything else.
func (c claimSet) text(name string) string { return textOf(c[name]) }

func textOf(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return ""
	}
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return ""
	}
	return compact.String()
}

// flag: email_verified is a boolean in the ID token, "true" or "false" in userInfo.
func (c claimSet) flag(name string) bool { return c.text(name) == "true" }

func (c claimSet) list(name string) []string {
	var many []string
	if json.Unmarshal(c[name], &many) == nil {
		return many
	}
	if one := c.text(name); one != "" {
		return []string{one}
	}
	return nil
}

// time reads seconds since 1970, whole or not (RFC 7519 §2, NumericDate).
func (c claimSet) time(name string) time.Time {
	return sinceEpoch(c.text(name), time.Second)
}

func sinceEpoch(digits string, unit time.Duration) time.Time {
	n, err := strconv.ParseFloat(digits, 64)
	// Above 2^52 units the fraction is gone and the product may overflow.
	if err != nil || math.IsNaN(n) || n <= 0 || n > 1<<52 {
		return time.Time{}
	}
	whole, part := math.Modf(n)
	if unit == time.Millisecond {
		return time.UnixMilli(int64(whole)).UTC()
	}
	return time.Unix(int64(whole), int64(part*1e9)).UTC()
}

// identities is an array in the ID token and the text of that array in userInfo.
func (c claimSet) identities() []Identity {
	raw := []byte(c["identities"])
	var wrapped string
	if json.Unmarshal(raw, &wrapped) == nil {
		raw = []byte(wrapped)
	}
	var list []claimSet
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	var out []Identity
	for _, one := range list {
		out = append(out, Identity{
			UserID:       one.text("userId"),
			ProviderName: one.text("providerName"),
			ProviderType: one.text("providerType"),
			Issuer:       one.text("issuer"),
			Primary:      one.flag("primary"),
			DateCreated:  sinceEpoch(one.text("dateCreated"), time.Millisecond),
		})
	}
	return out
}

func (c claimSet) attributes() Attributes {
	a := Attributes{
		Email:               c.text("email"),
		EmailVerified:       c.flag("email_verified"),
		PhoneNumber:         c.text("phone_number"),
		PhoneNumberVerified: c.flag("phone_number_verified"),
		Name:                c.text("name"),
		GivenName:           c.text("given_name"),
		MiddleName:          c.text("middle_name"),
		FamilyName:          c.text("family_name"),
		Nickname:            c.text("nickname"),
		PreferredUsername:   c.text("preferred_username"),
		Profile:             c.text("profile"),
		Picture:             c.text("picture"),
		Website:             c.text("website"),
		Gender:              c.text("gender"),
		Birthdate:           c.text("birthdate"),
		Zoneinfo:            c.text("zoneinfo"),
		Locale:              c.text("locale"),
		Address:             c.address(),
		UpdatedAt:           c.time("updated_at"),
	}
	for name, raw := range c {
		if short, ok := strings.CutPrefix(name, "custom:"); ok {
			if a.Custom == nil {
				a.Custom = map[string]string{}
			}
			a.Custom[short] = textOf(raw)
		}
	}
	return a
}

// address is an object in OpenID Connect Core §5.1.1 and text in userInfo.
func (c claimSet) address() string {
	var object claimSet
	text := c.text("address")
	if json.Unmarshal([]byte(text), &object) == nil {
		if formatted := object.text("formatted"); formatted != "" {
			return formatted
		}
	}
	return text
}
