package pool

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// samlMetadata is what is read of a SAML identity provider's own description
// (SAML 2.0 Metadata §2.4): where its people sign in and out, by redirect.
type samlMetadata struct{ signOn, signOut string }

const (
	samlNamespace    = "urn:oasis:names:tc:SAML:2.0:metadata"
	redirectBinding  = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
	maxMetadataDepth = 32
)

var (
	errNoBinding   = errors.New("has no SingleSignOnService for HTTP-Redirect with an https location")
	errNotMetadata = errors.New("must be the metadata of a SAML identity provider: an EntityDescriptor with an entityID and an IDPSSODescriptor")
)

// readSAMLMetadata reads the document of one identity provider. It follows no
// reference: a document type, which alone could define entities, is refused, and
// the predefined entities and character references are all that is expanded.
func readSAMLMetadata(document string) (samlMetadata, error) {
	var m samlMetadata
	decoder := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(document, "\ufeff")))
	var path []xml.Name
	described, roots := false, 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return m, errNotMetadata
		}
		switch t := token.(type) {
		case xml.Directive:
			return m, errors.New("must not have a document type")
		case xml.CharData:
			if len(path) == 0 && strings.TrimSpace(string(t)) != "" {
				return m, errNotMetadata
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.StartElement:
			if len(path) == 0 {
				roots++
			}
			path = append(path, t.Name)
			if len(path) > maxMetadataDepth || roots > 1 || len(path) == 1 && (!isMetadata(t.Name, "EntityDescriptor") || attribute(t, "entityID") == "") {
				return m, errNotMetadata
			}
			described = described || len(path) == 2 && isMetadata(t.Name, "IDPSSODescriptor")
			m.take(path, t)
		}
	}
	switch {
	case !described:
		return m, errNotMetadata
	case m.signOn == "":
		return m, errNoBinding
	}
	return m, nil
}

// take keeps the first location of each service that takes redirects.
func (m *samlMetadata) take(path []xml.Name, element xml.StartElement) {
	location := attribute(element, "Location")
	if len(path) != 3 || !isMetadata(path[1], "IDPSSODescriptor") || attribute(element, "Binding") != redirectBinding || !providerURL(location) {
		return
	}
	if isMetadata(element.Name, "SingleSignOnService") && m.signOn == "" {
		m.signOn = location
	}
	if isMetadata(element.Name, "SingleLogoutService") && m.signOut == "" {
		m.signOut = location
	}
}

func isMetadata(name xml.Name, local string) bool {
	return name.Space == samlNamespace && name.Local == local
}

// attribute is the value of an element's attribute; one that is there twice,
// which no reader agrees about, counts as absent.
func attribute(element xml.StartElement, name string) (value string) {
	n := 0
	for _, a := range element.Attr {
		if a.Name.Space == "" && a.Name.Local == name {
			value, n = a.Value, n+1
		}
	}
	if n > 1 {
		return ""
	}
	return value
}
