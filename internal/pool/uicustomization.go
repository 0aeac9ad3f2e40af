package pool

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// AllClients stands for the app clients that have no customization of their own.
const AllClients = "ALL"

// MaxCSS bounds a style sheet, in bytes: a page with it stays small (Cognito's
// pages say 3 KB, its model 131,072).
const MaxCSS = 16 << 10

// UICustomization is how the hosted pages of an app client, or of all that have
// none of their own, look (Cognito: UICustomizationType). Times are ms.
type UICustomization struct {
	UserPoolID       string `json:"UserPoolId"`
	ClientID         string `json:"ClientId"`   // or AllClients
	CSS              string `json:",omitempty"` // as it was given
	Style            string `json:",omitempty"` // what the pages use: written anew, rule by rule
	StyleDate        int64  `json:",omitempty"` // when CSS last changed
	Logo             string `json:",omitempty"` // the name of the file that is served, by its hash; see [UILogo]
	Stack            string `json:",omitempty"` // the one whose template made it
	CreationDate     int64
	LastModifiedDate int64
}

// UILogo is a logo, encoded anew.
type UILogo struct {
	Type string // image/png or image/jpeg
	Data []byte
}

// Empty says whether nothing is customised.
func (c UICustomization) Empty() bool { return c.CSS == "" && c.Logo == "" }

// CSSVersion is when the sheet last changed (UTC), by which Cognito counts
// versions.
func (c UICustomization) CSSVersion() string {
	return time.UnixMilli(c.StyleDate).UTC().Format("20060102150405")
}

// StylePath is where the pages' host serves the style sheet, "" where there is
// none. The name holds the sheet's hash.
func (c UICustomization) StylePath() string {
	if c.Style == "" {
		return ""
	}
	return c.path(FileName([]byte(c.Style), "css"))
}

// LogoPath is where it serves the logo.
func (c UICustomization) LogoPath() string {
	if c.Logo == "" {
		return ""
	}
	return c.path(c.Logo)
}

func (c UICustomization) path(name string) string {
	return "/branding/" + c.UserPoolID + "/" + c.ClientID + "/" + name
}

// FileName names what is served for good by its hash.
func FileName(content []byte, kind string) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16]) + "." + kind
}
