import Testing

@Suite("Rooms")
struct RoomTests {
    @Test("no file has grown past 400 lines")
    func filesAreSmall() throws {
        for file in try Checkout.swiftFiles(in: "Sources") {
            #expect(file.lines.count <= 400, "\(file.path) has \(file.lines.count) lines")
        }
    }

    @Test("file names say what they hold")
    func namesSayWhatTheyHold() throws {
        for file in try Checkout.swiftFiles(in: "Sources") {
            for ending in ["Util", "Utils", "Helper", "Helpers", "Common", "Manager", "Base", "Extensions", "Misc"] {
                #expect(!file.name.hasSuffix(ending + ".swift"), "\(file.path)")
            }
        }
    }

    @Test(
        "nothing that ends the program, hides an error or keeps hidden state",
        arguments: ["fatalError(", "try!", "static let shared =", ".shared.", "TODO", "FIXME"])
    func wordsThatAreNotUsed(word: String) throws {
        for file in try Checkout.swiftFiles(in: "Sources") {
            for (number, line) in file.lines.enumerated() where line.contains(word) {
                Issue.record("\(file.path):\(number + 1) says `\(word)`")
            }
        }
    }

    @Test("only the console and the programs' entry points write to the terminal")
    func onlyTheConsolePrints() throws {
        for file in try Checkout.swiftFiles(in: "Sources") where file.name != "Console.swift" {
            for (number, line) in file.lines.enumerated() {
                let code = line.drop(while: \.isWhitespace)
                #expect(!code.hasPrefix("print("), "\(file.path):\(number + 1) prints")
            }
        }
    }
}
