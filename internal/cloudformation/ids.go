package cloudformation

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

var (
	stackName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)
	logicalID = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)
)

const (
	letters = "0123456789abcdefghijklmnopqrstuvwxyz"
	both    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// ValidStackName says whether name can be a stack's: a letter, then letters,
// digits and hyphens, 128 in all (CloudFormation: CreateStack).
func ValidStackName(name string) bool { return stackName.MatchString(name) }

// made derives n characters of an alphabet from what they are for. Nothing else
// goes in, no key and no chance, so that every machine makes the same.
func made(alphabet string, n int, of ...string) string {
	digest := sha256.Sum256([]byte("poolhouse stack\n" + strings.Join(of, "\n")))
	rest, size, digit := new(big.Int).SetBytes(digest[:]), big.NewInt(int64(len(alphabet))), new(big.Int)
	out := make([]byte, n)
	for i := range out {
		rest.DivMod(rest, size, digit)
		out[i] = alphabet[digit.Int64()]
	}
	return string(out)
}

// poolID has Cognito's shape, "us-east-1_" and nine letters or digits.
func (s Stack) poolID(resource string) string {
	return s.Region + "_" + made(both, 9, s.Name, resource, "AWS::Cognito::UserPool", s.Region)
}

// clientID has Cognito's shape, 26 lower-case letters or digits.
func (s Stack) clientID(resource string) string {
	return made(letters, 26, s.Name, resource, "AWS::Cognito::UserPoolClient", s.Region)
}

// nameOf is the name of a resource whose template gives it none, as
// CloudFormation makes one: the logical id and some characters.
func (s Stack) nameOf(resource string) string {
	return fmt.Sprintf("%.100s-%s", resource, made(both, 12, s.Name, resource, "name"))
}

// id is AWS::StackId.
func (s Stack) id() string {
	h := made("0123456789abcdef", 32, s.Name, s.Region, s.Account)
	return fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s/%s-%s-%s-%s-%s", s.Region, s.Account, s.Name, h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}
