/// Quoting and splitting as the shell does.
enum ShellText {
    static func escaped(_ text: String) -> String {
        if text.isEmpty { return "''" }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "\n" {
                result.append(contentsOf: "'\n'".unicodeScalars)
                continue
            }
            let isPlain =
                scalar.properties.isAlphabetic && scalar.isASCII
                || scalar.properties.numericType != nil && scalar.isASCII
                || "_-.,:+/@".unicodeScalars.contains(scalar) || !scalar.isASCII
            if !isPlain { result.append("\\") }
            result.append(scalar)
        }
        return String(result)
    }

    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isInWord = false
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                if quote == "\"", !"$`\"\\\n".contains(character) { word.append("\\") }
                word.append(character)
                isEscaped = false
            } else if let open = quote {
                if character == open {
                    quote = nil
                } else if character == "\\", open == "\"" {
                    isEscaped = true
                } else {
                    word.append(character)
                }
            } else if character == "\\" {
                isEscaped = true
                isInWord = true
            } else if character == "'" || character == "\"" {
                quote = character
                isInWord = true
            } else if character.isWhitespace {
                if isInWord { words.append(word) }
                word = ""
                isInWord = false
            } else {
                word.append(character)
                isInWord = true
            }
        }
        if isInWord { words.append(word) }
        return words
    }

    /// Whether a command line needs a shell.
    static func needsShell(_ line: String) -> Bool {
        line.unicodeScalars.contains { "*?{}[]<>()~&|\\$;'`\"\n#=%".unicodeScalars.contains($0) }
    }
}
