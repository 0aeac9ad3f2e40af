package pool

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
)

// OperatorKey is an access key with which an operator's program signs its calls
// (AWS Signature Version 4). CreatedAt is ms.
type OperatorKey struct {
	ID        string
	Secret    Secret
	Name      string   `json:",omitempty"` // what it is for, in the operator's words
	ReadOnly  bool     `json:",omitempty"`
	Pools     []string `json:",omitempty"` // the only ones that it opens; empty: all
	CreatedAt int64
}

var (
	accessKeyPattern = regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`)
	keyNamePattern   = regexp.MustCompile(`^[\w+=,.@-]{0,64}$`)
)

// NewAccessKeyID makes an access key id in AWS's shape: AKIA and sixteen of
// A–Z and 2–7 (80 random bits).
func NewAccessKeyID() string {
	b := make([]byte, 10)
	rand.Read(b)
	return "AKIA" + base32.StdEncoding.EncodeToString(b)
}

// NewSecretAccessKey makes a secret of 40 characters (240 random bits).
func NewSecretAccessKey() Secret {
	b := make([]byte, 30)
	rand.Read(b)
	return Secret(base64.StdEncoding.EncodeToString(b))
}

// ValidAccessKeyID says whether id has the shape of [NewAccessKeyID].
func ValidAccessKeyID(id string) bool { return accessKeyPattern.MatchString(id) }

// Check refuses a name that no ARN could carry (AWS: IAM name requirements) and
// pools that no pool could be.
func (k OperatorKey) Check() error {
	if !keyNamePattern.MatchString(k.Name) {
		return refuse(InvalidParameter, "setting", "Name", "must be at most 64 letters, digits or +=,.@-_")
	}
	for _, id := range k.Pools {
		if !ValidPoolID(id) {
			return refuse(InvalidParameter, "setting", "Pools", strconv.Quote(id)+" is no pool id: one looks like us-east-1_Example01")
		}
	}
	return nil
}

// May says whether the key allows a call that only reads, or one that changes
// something, in a pool; poolID is "" for a call that names none, which a key
// bound to pools cannot make.
func (k OperatorKey) May(reads bool, poolID string) bool {
	return (reads || !k.ReadOnly) && (len(k.Pools) == 0 || slices.Contains(k.Pools, poolID))
}

// ARN names the key's owner in AWS's form: its name, or its id where it has
// none.
func (k OperatorKey) ARN(account string) string {
	name := k.Name
	if name == "" {
		name = k.ID
	}
	return "arn:aws:iam::" + account + ":user/" + name
}
