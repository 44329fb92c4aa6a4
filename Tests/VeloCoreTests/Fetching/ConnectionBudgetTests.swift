import Testing

@testable import VeloCore

@Suite("Connection budget")
struct ConnectionBudgetTests {
    @Test("a host that has its share waits without holding up another")
    func perHost() {
        var budget = ConnectionBudget(limit: 3, limitPerHost: 1)
        #expect(budget.take("a", 1) == true)
        #expect(budget.take("a", 2) == false)
        #expect(budget.take("b", 3) == true)
        #expect(budget.giveBack("a") == 2)
    }

    @Test("the whole is bounded too, and turns come in order")
    func total() {
        var budget = ConnectionBudget(limit: 2, limitPerHost: 2)
        #expect(budget.take("a", 1) == true)
        #expect(budget.take("b", 2) == true)
        #expect(budget.take("c", 3) == false)
        #expect(budget.take("d", 4) == false)
        #expect(budget.giveBack("a") == 3)
        #expect(budget.giveBack("b") == 4)
        #expect(budget.giveBack("c") == nil)
    }

    @Test("who leaves the line gets no turn")
    func withdraw() {
        var budget = ConnectionBudget(limit: 1, limitPerHost: 1)
        #expect(budget.take("a", 1) == true)
        #expect(budget.take("a", 2) == false)
        #expect(budget.take("a", 3) == false)
        #expect(budget.withdraw(2) == true)
        #expect(budget.giveBack("a") == 3)
        #expect(budget.withdraw(3) == false)
    }
}
