package pool

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ProviderDetails are what a pool knows of a provider: one flat object as it is
// written (Cognito: ProviderDetailsType), with its secrets apart, for the ledger
// seals fields.
type ProviderDetails struct {
	Plain        map[string]string
	ClientSecret Secret // client_secret
	PrivateKey   Secret // private_key
}

// MarshalJSON writes all details, the secrets among them.
func (d ProviderDetails) MarshalJSON() ([]byte, error) {
	all := map[string]string{}
	for _, name := range d.names() {
		all[name] = d.get(name)
	}
	return json.Marshal(all)
}

// UnmarshalJSON reads details. One without a value is not there.
func (d *ProviderDetails) UnmarshalJSON(b []byte) error {
	var all map[string]string
	if json.Unmarshal(b, &all) != nil {
		return errors.New("must be an object whose members are strings") // and no word of what they are
	}
	*d = ProviderDetails{ClientSecret: Secret(all["client_secret"]), PrivateKey: Secret(all["private_key"])}
	maps.DeleteFunc(all, func(name, value string) bool {
		return value == "" || name == "client_secret" || name == "private_key"
	})
	if len(all) > 0 {
		d.Plain = all
	}
	return nil
}

func (d ProviderDetails) empty() bool { return len(d.names()) == 0 }

// names are those of the details that are there, in order.
func (d ProviderDetails) names() []string {
	out := slices.Collect(maps.Keys(d.Plain))
	if d.ClientSecret != "" {
		out = append(out, "client_secret")
	}
	if d.PrivateKey != "" {
		out = append(out, "private_key")
	}
	slices.Sort(out)
	return out
}

func (d ProviderDetails) get(name string) string {
	switch name {
	case "client_secret":
		return d.ClientSecret.Reveal()
	case "private_key":
		return d.PrivateKey.Reveal()
	}
	return d.Plain[name]
}

// textFits says whether a detail is text that the ledger and other programs can
// hold. A document and a key have several lines.
func (d ProviderDetails) textFits(name string) bool {
	lines := name == metadataFile || name == "private_key"
	value := d.get(name)
	return utf8.ValidString(value) && utf8.RuneCountInString(value) <= maxDetail && !strings.ContainsFunc(value, func(r rune) bool {
		return unicode.IsControl(r) && !(lines && (r == '\n' || r == '\r' || r == '\t'))
	})
}
