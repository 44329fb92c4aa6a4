import Testing
import VeloFormula

/// Damaged formulae: whatever the bytes are, evaluating them ends, in an answer or in diagnostics.
@Suite struct EvaluationFuzzTests {
    private static let fixtures =
        Fixture.all(in: "formulae") + Fixture.all(in: "mistakes") + Fixture.all(in: "ruby") + Fixture.all(in: "broken")

    @Test("changed, doubled, lost and swapped lines and bytes are evaluated to an end", arguments: fixtures)
    func mutation(_ fixture: Fixture) throws {
        let bytes = try fixture.source().bytes
        // What nests thousands deep is slow to print, not to read.
        guard bytes.count < 6_000 else { return }
        var random = SplitMix(state: 0xF0F0)
        for _ in 0..<60 {
            var mutated = bytes
            for _ in 0...Int.random(in: 0..<3, using: &random) where !mutated.isEmpty {
                if Bool.random(using: &random) { swapLines(&mutated, &random) } else { change(&mutated, &random) }
            }
            check(mutated, fixture.name)
        }
    }

    /// Both phases end; a refusal says where.
    private func check(_ bytes: [UInt8], _ name: String) {
        let source = SourceText(name: "Formula/\(name).rb", bytes: bytes)
        do {
            let loaded = try FormulaLoader.load(
                name: name, tap: .core, source: source, context: .test, formulae: NoFormulae())
            _ = try? loaded.caveats()
            try loaded.run(
                .install, host: RehearsalHost(), folder: RehearsalHost.buildFolder, environment: ["HOME": "/home/brew"])
        } catch {
            #expect(!error.diagnostics.isEmpty)
            #expect(error.rendered.hasPrefix("Formula/"))
        }
    }

    private func swapLines(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        lines.swapAt(
            Int.random(in: 0..<lines.count, using: &random), Int.random(in: 0..<lines.count, using: &random))
        bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }

    private func change(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 32...126, using: &random)
        case 1: bytes.remove(at: place)
        default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 12)], at: place)
        }
    }
}
