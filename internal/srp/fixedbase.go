package srp

import (
	"math/big"
	"sync"
)

// Every exchange raises the same g to a fresh power, so the powers of g are
// kept: digits[i][d] is g^(d·16^i) mod N. An exponent of 64 hexadecimal digits
// then takes 64 multiplications and no squaring, a third of the usual time.
const exponentDigits = 2 * privateBytes

type powersOfG [exponentDigits][16]*big.Int

// table makes the powers on first use; nobody changes them after that.
var table = sync.OnceValue(func() *powersOfG {
	n, base := group()
	var digits powersOfG
	for i := range digits {
		digits[i][0] = big.NewInt(1)
		for d := 1; d < 16; d++ {
			next := new(big.Int).Mul(digits[i][d-1], base)
			digits[i][d] = next.Mod(next, n)
		}
		base = new(big.Int).Mul(digits[i][15], base)
		base.Mod(base, n)
	}
	return &digits
})

// powerOfG returns g^e mod N for a big-endian exponent of privateBytes bytes.
func powerOfG(e []byte) *big.Int {
	powers.Add(1)
	n, _ := group()
	digits, product, quotient := table(), big.NewInt(1), new(big.Int)
	for i, b := range e {
		high := exponentDigits - 1 - 2*i
		for _, factor := range []*big.Int{digits[high][b>>4], digits[high-1][b&15]} {
			product.Mul(product, factor)
			quotient.QuoRem(product, n, product)
		}
	}
	return product
}
