// A command's syntax as an expression over words, and what is left of it once words have been read.
//
// The derivative of an expression with respect to a word is the expression of what may follow that
// word (Brzozowski, "Derivatives of regular expressions", 1964). One operation thus gives
// everything that the shell needs: no derivative means that the word cannot stand there; the words
// that may come first are the completions; an expression that may be empty says that the command is
// complete; and printed, a derivative is the hint.
//
//   SET key value [NX|XX] [GET] [EX seconds|...]   after "k" "v" "EX":  seconds [NX|XX] [GET]
//
// Redis takes options in any order, so a run of arguments that begin with a token is an AnyOrder
// node. A count in front of what it counts (numkeys key [key ...]) is a Counted node, so that
// options behind it are told from keys.
//
// Expressions are immutable and share their parts. A step costs time in the size of the expression,
// not of the line. Turned down: matching the argument tree by recursive descent with backtracking
// (a hint from a half-matched tree needs bookkeeping in every node).
#pragma once

#include "shell/docs.h"

#include <memory>
#include <span>

namespace cay::shell {

struct Syntax;
using SyntaxPtr = std::shared_ptr<const Syntax>; // null: no word can stand there

// What a word may be.
struct Expected
{
    Argument::Type type; // Token, or the type of the value
    std::string text;    // the token, or the value's name
};

// REQUIRES for all: the arguments outlive the expression.
SyntaxPtr compileSyntax(std::span<const Argument> arguments);
SyntaxPtr compileSyntax(const std::vector<Argument> &arguments);
// What may follow, when `word` is read.
SyntaxPtr derive(const SyntaxPtr &syntax, Bytes word);
bool mayEnd(const SyntaxPtr &syntax);
std::vector<Expected> expectedWords(const SyntaxPtr &syntax);
// As in the manual: "key value [NX|XX] [GET]".
std::string describe(const SyntaxPtr &syntax);

// A word as a value of this type.
bool isValue(const Argument &argument, Bytes word);

} // namespace cay::shell
