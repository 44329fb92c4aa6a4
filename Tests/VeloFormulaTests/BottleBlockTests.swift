import Testing
import VeloFormula

/// Bottle blocks as machines write them are read without tokens; whatever else stands in one, it means the same.
@Suite struct BottleBlockTests {
    private static let digest = String(repeating: "0123456789abcdef", count: 4)
    private static let other = String(repeating: "fedcba9876543210", count: 4)

    @Test("a usual block says what is in it")
    func usual() throws {
        let spec = try #require(
            try bottle(
                of: """
                    root_url "https://bottles.example/v2/team/core"
                    rebuild 2
                    sha256 cellar: :any,                 arm64_ventura: "\(Self.digest)" # a remark
                    # A line of its own.

                    sha256 cellar: :any_skip_relocation, monterey:      "\(Self.digest)"
                    sha256 cellar: "/opt/cellar",        big_sur: "\(Self.digest)"
                    sha256                               x86_64_linux:  "\(Self.digest)"
                    sha256                               x86_64_linux:  "\(Self.other)"
                    """, defersBodies: true
            ).get())
        #expect(spec.rootURL == "https://bottles.example/v2/team/core")
        #expect(spec.rebuild == 2)
        #expect(
            spec.files.map { "\($0.tag) \($0.cellar.text) \($0.sha256)" } == [
                "arm64_ventura :any \(Self.digest)", "monterey :any_skip_relocation \(Self.digest)",
                "big_sur /opt/cellar \(Self.digest)",
                "x86_64_linux /home/linuxbrew/.linuxbrew/Cellar \(Self.other)",
            ])
    }

    private static let blocks: [String] = [
        "sha256 cellar: :any, monterey: \"\(digest)\"",
        "sha256 cellar: :any, monterey: \"\(digest)\"\nrebuild 1",
        "sha256 monterey: \"\(digest)\",\n  cellar: :any",
        "sha256 cellar: :any,\n  monterey: \"\(digest)\"",
        "sha256 cellar: :any, monterey: \"\(digest)\", ventura: \"\(other)\"",
        "sha256 cellar: :any, monterey: \"0\" \\\n  \"1\"",
        "sha256(monterey: \"\(digest)\")",
        "sha256 \"\(digest)\" => :monterey",
        "sha256 \"monterey\": \"\(digest)\"",
        "sha256 cellar: \"\(digest)\"",
        "sha256 monterey: '\(digest)'",
        "sha256 monterey: \"\\x61\"",
        "sha256 monterey: \"#{1 + 1}\"",
        "sha256 monterey: \"#1\"",
        "sha256 monterey: \"a\nb\"",
        "sha256 monterey: \"\(digest)\".upcase",
        "sha256 monterey: \"\(digest)\"\n  .upcase",
        "sha256 monterey: \"\(digest)\" if true",
        "sha256 monterey: \"\(digest)\"; rebuild 3",
        "sha256 monterey: \"\(digest)\"\r\nrebuild 3\r",
        "sha256 windows_xp: \"\(digest)\"",
        "sha256 cellar: :elsewhere, monterey: \"\(digest)\"",
        "sha256 Monterey: \"\(digest)\"",
        "sha256 monterey:: \"\(digest)\"",
        "sha256 monterey: \"\(digest)",
        "sha256 monterey \"\(digest)\"",
        "sha256",
        "sha256 ",
        "cellar :any\nsha256 \"\(digest)\" => :monterey",
        "rebuild 010",
        "rebuild 0",
        "rebuild 1_000",
        "rebuild 99999999999999999999",
        "rebuild",
        "rebuild -1",
        "root_url \"https://example.org\", using: :curl",
        "root_url 'https://example.org'",
        "root_url \"ünïcode\"",
        "on_linux { rebuild 4 }",
        "rebuild 4 unless OS.mac?",
        "endless 1",
        "end_of = 1",
        "=begin\nrebuild 7\n=end\nrebuild 8",
        "",
        "# nothing",
    ]

    @Test("a block means the same, however it is read", arguments: blocks.indices)
    func either(_ index: Int) {
        let block = Self.blocks[index]
        #expect(bottle(of: block, defersBodies: true) == bottle(of: block, defersBodies: false), "\(block)")
    }

    @Test(
        "so does one that stands elsewhere or ends otherwise",
        arguments: [
            "bottle do\n    rebuild 1\n  end if true", "bottle do\n    rebuild 1\n  end.to_s",
            "bottle do\n    rebuild 1\n  end\n  revision 2", "bottle do\n    rebuild 1\n", "bottle do rebuild 1\n end",
            "bottle do # now\n    rebuild 1\n  end # then", "bottle do |it|\n    rebuild 1\n  end",
            "on_linux do\n    bottle do\n      rebuild 1\n    end\n  end",
            "rebuild = 2\n  bottle do\n    rebuild 1\n  end",
            "bottle :unneeded do\n    rebuild 1\n  end", "bottle { rebuild 1 }", "bottle do\n    rebuild 1\n  end end",
            "x = <<~TEXT; bottle do\n    rebuild 5\n  TEXT\n    rebuild 1\n  end",
        ])
    func elsewhere(_ text: String) {
        #expect(
            outcome(of: formula(text), defersBodies: true) == outcome(of: formula(text), defersBodies: false), "\(text)"
        )
    }

    /// The bottle, or what is told of the formula.
    private enum Outcome: Equatable {
        case bottle(BottleSpec?)
        case problem(String)

        func get() throws -> BottleSpec? {
            switch self {
            case .bottle(let spec): return spec
            case .problem(let text):
                Issue.record("\(text)")
                return nil
            }
        }
    }

    private func bottle(of lines: String, defersBodies: Bool) -> Outcome {
        outcome(of: formula("bottle do\n\(lines)\n  end"), defersBodies: defersBodies)
    }

    private func formula(_ stanza: String) -> String {
        """
        class Sample < Formula
          url "https://example.org/sample-1.0.tar.gz"
          \(stanza)
        end

        """
    }

    private func outcome(of text: String, defersBodies: Bool) -> Outcome {
        let source = SourceText(name: "sample.rb", text: text)
        do {
            let loaded = try FormulaLoader.load(
                name: "sample", tap: .core, tree: Parser.parse(source, defersBodies: defersBodies), context: .test,
                formulae: NoFormulae())
            return .bottle(loaded.formula.bottle)
        } catch {
            return .problem(error.rendered)
        }
    }
}
