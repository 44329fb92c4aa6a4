import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Transaction")
struct TransactionTests {
    /// One of each kind, where each depends on those before it.
    static let batches: [[Change]] = [
        [.removeLink("bin/old", target: "../Cellar/a/1/bin/old"), .removeFolder("share/empty")],
        [
            .makeFolder("share/new"), .makeLink("share/new/link", target: "../../x"),
            .move("etc/conf", to: "var/velo/staging/run/conf"),
        ],
        [
            .move("var/velo/staging/run/new.conf", to: "etc/conf"),
            .makeLink("bin/old", target: "../Cellar/a/2/bin/old"),
        ],
    ]

    static func prepare(_ fixture: PrefixFixture) throws -> FilePath {
        try fixture.put("->../Cellar/a/1/bin/old", at: "bin/old")
        try FileTree.makeFolder(fixture.prefix.absolute("share/empty"))
        try fixture.put("mine", at: "etc/conf")
        try fixture.put("new", at: "var/velo/staging/run/new.conf")
        return fixture.prefix.staging.appending("run")
    }

    @Test("that ends well leaves the new state, and no journal or scratch")
    func commits() async throws {
        try await PrefixFixture.with("commit") { fixture in
            let scratch = try Self.prepare(fixture)
            try Transaction.run(in: fixture.prefix, scratch: scratch, title: "t", time: 1) { transaction in
                for batch in Self.batches { try transaction.perform(batch) }
            }
            #expect(fixture.link("bin/old") == "../Cellar/a/2/bin/old")
            #expect(fixture.link("share/new/link") == "../../x")
            #expect(try fixture.kind("share/empty") == nil)
            #expect(try fixture.text("etc/conf") == "new")
            #expect(!FileTree.exists(fixture.prefix.journal))
            #expect(!FileTree.exists(scratch))
            #expect(try Transaction.recover(fixture.prefix) == nil)
        }
    }

    @Test("that throws leaves the old state")
    func rollsBack() async throws {
        try await PrefixFixture.with("rollback") { fixture in
            let scratch = try Self.prepare(fixture)
            let before = try fixture.snapshot()
            #expect(throws: SystemError.self) {
                try Transaction.run(in: fixture.prefix, scratch: scratch, title: "t", time: 1) { transaction in
                    for batch in Self.batches { try transaction.perform(batch) }
                    try transaction.perform([.makeLink("bin/old", target: "is there already")])
                }
            }
            #expect(try fixture.snapshot() == before)
            #expect(!FileTree.exists(fixture.prefix.journal))
        }
    }

    @Test("that dies before any of its changes is undone by the next run", arguments: 0..<7)
    func recovers(deathAt: Int) async throws {
        try await PrefixFixture.with("death") { fixture in
            let scratch = try Self.prepare(fixture)
            let before = try fixture.snapshot()
            var count = 0
            #expect(throws: Transaction.Death.self) {
                try Transaction.run(
                    in: fixture.prefix, scratch: scratch, title: "install a", time: 1,
                    watch: { _ in
                        if count == deathAt { throw Transaction.Death() }
                        count += 1
                    },
                    { transaction in for batch in Self.batches { try transaction.perform(batch) } })
            }
            #expect(FileTree.exists(fixture.prefix.journal))
            #expect(try Transaction.recover(fixture.prefix)?.title == "install a")
            #expect(try fixture.snapshot() == before)
            #expect(try FileTree.names(in: fixture.prefix.staging).isEmpty)
        }
    }

    @Test("can be undone again after an undoing that died, from any point", arguments: 0...7)
    func undoingTwice(kept: Int) async throws {
        try await PrefixFixture.with("undo") { fixture in
            let scratch = try Self.prepare(fixture)
            let before = try fixture.snapshot()
            let copy = fixture.scratch.path.appending("journal-copy")
            var count = 0
            _ = try? Transaction.run(
                in: fixture.prefix, scratch: scratch, title: "t", time: 1,
                watch: { _ in
                    if count == kept { throw Transaction.Death() }
                    count += 1
                },
                { transaction in
                    for batch in Self.batches { try transaction.perform(batch) }
                    try FileTree.copyTree(fixture.prefix.journal, to: copy)
                    throw Transaction.Death()
                })
            if !FileTree.exists(copy) { try FileTree.copyTree(fixture.prefix.journal, to: copy) }
            _ = try Transaction.recover(fixture.prefix)
            // As it would be, had the first undoing died just before it removed the journal.
            try fixture.put("new", at: "var/velo/staging/run/new.conf")
            try FileTree.copyTree(copy, to: fixture.prefix.journal)
            _ = try Transaction.recover(fixture.prefix)
            #expect(try fixture.snapshot() == before)
        }
    }

    @Test("does not begin on top of an unfinished one")
    func refusesUnfinished() async throws {
        try await PrefixFixture.with("unfinished") { fixture in
            let scratch = try Self.prepare(fixture)
            try FileTree.makeFolder(fixture.prefix.journal)
            #expect(throws: TransactionError.self) {
                try Transaction.run(in: fixture.prefix, scratch: scratch, title: "t", time: 1) { _ in }
            }
        }
    }

    @Test("with a journal that cannot be read is left to a person")
    func unreadableJournal() async throws {
        try await PrefixFixture.with("unreadable") { fixture in
            try fixture.put("{", at: "var/velo/journal/00001")
            let error = #expect(throws: TransactionError.self) { try Transaction.recover(fixture.prefix) }
            #expect(error?.summary == "the journal's file `\(fixture.prefix.journal)/00001` cannot be read")
            #expect(FileTree.exists(fixture.prefix.journal))
        }
    }
}
