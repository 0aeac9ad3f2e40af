package setup

import (
	"encoding/json"
	"slices"
)

// different names the members in which two settings differ, as JSON sees them.
func different(a, b any) ([]string, error) {
	var before, after map[string]json.RawMessage
	for into, v := range map[*map[string]json.RawMessage]any{&before: a, &after: b} {
		doc, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(doc, into); err != nil {
			return nil, err
		}
	}
	var names []string
	for name, v := range before {
		if string(after[name]) != string(v) {
			names = append(names, name)
		}
	}
	for name := range after {
		if _, ok := before[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
