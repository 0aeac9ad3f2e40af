// Package locale finds the words for a person: catalogues of sentences in
// several languages, and the language that somebody's wishes lead to.
//
// A catalogue is one folder with a flat JSON file per language, named by its
// BCP 47 tag; {name} in a sentence is a placeholder. Which sentences there are,
// and where a wish comes from, is the business of whoever loads it. Start
// reading at Load and at Catalogue.Match.
package locale
