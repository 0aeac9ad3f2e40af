package store

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
)

var secretType = reflect.TypeFor[pool.Secret]()

// errNoKey: a ledger opened without its master key met a sealed field.
var errNoKey = errors.New("the ledger was opened without a master key")

// encode writes v as its row's document. Each field of type pool.Secret is
// sealed, bound to its table, key and field, so that a sealed value moved to
// another row does not open.
func (db *DB) encode(v any, table string, key []string) (string, error) {
	sealed, err := mapSecrets(reflect.ValueOf(v).Elem(), bindingOf(table, key), func(s pool.Secret, aad string) (pool.Secret, error) {
		if db.h.ring == nil {
			return "", errNoKey
		}
		b, err := db.h.ring.Seal([]byte(s), []byte(aad))
		return pool.Secret(base64.StdEncoding.EncodeToString(b)), err
	})
	if err != nil {
		return "", err
	}
	doc, err := json.Marshal(sealed.Interface())
	if err != nil {
		return "", fmt.Errorf("encoding a row of %s: %w", table, err)
	}
	return string(doc), nil
}

// decode reads a row's document into v, a pointer, and opens its secrets.
func (db *DB) decode(doc string, v any, table string, key []string) error {
	if err := json.Unmarshal([]byte(doc), v); err != nil {
		return fmt.Errorf("reading a row of %s: %w", table, err)
	}
	value := reflect.ValueOf(v).Elem()
	opened, err := mapSecrets(value, bindingOf(table, key), func(s pool.Secret, aad string) (pool.Secret, error) {
		if db.h.ring == nil {
			return "", errNoKey
		}
		b, err := base64.StdEncoding.DecodeString(s.Reveal())
		if err != nil {
			return "", fmt.Errorf("a sealed field of %s is not base64: %w", table, err)
		}
		b, err = db.h.ring.Open(b, []byte(aad))
		return pool.Secret(b), err
	})
	if err != nil {
		return fmt.Errorf("opening the secrets of a row of %s: %w", table, err)
	}
	value.Set(opened)
	return nil
}

func bindingOf(table string, key []string) string { return table + "|" + strings.Join(key, "|") }

// mapSecrets returns a copy of v with f applied to every secret that is set,
// in v and in the structs inside it. The argument is not changed.
func mapSecrets(v reflect.Value, path string, f func(s pool.Secret, aad string) (pool.Secret, error)) (reflect.Value, error) {
	if v.Type() == secretType {
		if v.String() == "" {
			return v, nil
		}
		s, err := f(pool.Secret(v.String()), path)
		return reflect.ValueOf(s), err
	}
	if v.Kind() != reflect.Struct || !holdsSecret(v.Type()) {
		return v, nil
	}
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	for i := range v.NumField() {
		field, err := mapSecrets(v.Field(i), path+"|"+v.Type().Field(i).Name, f)
		if err != nil {
			return v, err
		}
		if out.Field(i).CanSet() {
			out.Field(i).Set(field)
		}
	}
	return out, nil
}

// holdsSecret looks through structs by value only: a Secret behind a pointer,
// slice or map would be written in clear, so no row may have one (a test walks
// all row types).
func holdsSecret(t reflect.Type) bool {
	if t == secretType {
		return true
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		if holdsSecret(t.Field(i).Type) {
			return true
		}
	}
	return false
}
