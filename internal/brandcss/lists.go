package brandcss

import "strings"

// classes that a sheet may name, each with "-customizable" behind it.
var classes = words("background banner errorMessage idpButton idpDescription inputField label legalText logo passwordCheck-notValid passwordCheck-valid redirect socialButton submitButton textDescription")

const suffix = "-customizable"

var states = words("hover focus active disabled")

// properties that a sheet may set.
var properties = words(`
	color background background-color
	border border-top border-right border-bottom border-left border-color border-style border-width border-radius
	border-top-color border-right-color border-bottom-color border-left-color
	border-top-width border-right-width border-bottom-width border-left-width
	border-top-style border-right-style border-bottom-style border-left-style
	border-top-left-radius border-top-right-radius border-bottom-left-radius border-bottom-right-radius
	outline outline-color outline-style outline-width outline-offset box-shadow text-shadow
	font font-family font-size font-style font-variant font-weight letter-spacing line-height word-spacing
	text-align text-decoration text-decoration-color text-decoration-line text-decoration-style text-indent text-transform white-space
	margin margin-top margin-right margin-bottom margin-left padding padding-top padding-right padding-bottom padding-left
	width height min-width min-height max-width max-height display float clear vertical-align cursor box-sizing`)

// functions whose arguments are plain numbers.
var functions = words("rgb rgba hsl hsla")

// units of a length, with the most of each that is about 2000 pixels or a screen.
func units() map[string]float64 {
	return map[string]float64{"": largest, "px": 2000, "pt": 1500, "pc": 125, "in": 20, "cm": 50, "mm": 500, "em": 100, "rem": 100, "ex": 200, "ch": 200, "%": 200, "vh": 100, "vw": 100}
}

// small are those of lengths that are drawn around a thing, and could cover what
// is beside it: about 20 pixels.
func small() map[string]float64 {
	return map[string]float64{"": largest, "px": 20, "pt": 15, "em": 1.5, "rem": 1.5}
}

// margins are those of margins, which could push a thing away, and of what they
// may be below zero: a margin may draw a thing to its neighbour, as Cognito's own
// sheet does, and not over it.
func margins() (most, least map[string]float64) {
	return map[string]float64{"": 0, "px": 200, "pt": 150, "em": 12, "rem": 12, "%": 100}, map[string]float64{"px": -20, "pt": -15, "em": -1.5, "rem": -1.5}
}

// around are the properties of lengths that are small.
var around = words("outline outline-width outline-offset box-shadow text-shadow text-indent letter-spacing word-spacing border border-top border-right border-bottom border-left border-width border-top-width border-right-width border-bottom-width border-left-width")

// visible are the properties that may not be nothing.
var visible = words("font font-size line-height width height min-width min-height max-width max-height")

// bounds of a number of a unit in a property; known is false for a unit that the
// property does not take.
func bounds(property, unit string) (least, most float64, known bool) {
	switch {
	case strings.HasPrefix(property, "margin"):
		high, low := margins()
		most, known = high[unit]
		return low[unit], most, known
	case around[property]:
		most, known = small()[unit]
		return 0, most, known
	}
	most, known = units()[unit]
	if visible[property] {
		least = 0.1
	}
	return least, most, known
}

// displays that leave a thing on the page.
var displays = words("block inline inline-block")

// largest is the largest number without a unit: enough for the weight of a font.
const largest = 2000

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(list) {
		set[word] = true
	}
	return set
}
