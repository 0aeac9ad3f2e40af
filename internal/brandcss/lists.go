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

// units of a length.
var units = words("px em rem pt % vh vw ch ex cm mm in pc")

// displays that leave a thing on the page.
var displays = words("block inline inline-block")

// largest is the largest number that a sheet may say, of whatever unit: enough
// for a colour or a width, too little to push something off the screen.
const largest = 2000

// least is the smallest number of a property. A margin may draw a thing to its
// neighbour, as Cognito's own sheet does, and not over it.
func least(property string) float64 {
	if strings.HasPrefix(property, "margin") {
		return -50
	}
	return 0
}

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(list) {
		set[word] = true
	}
	return set
}
