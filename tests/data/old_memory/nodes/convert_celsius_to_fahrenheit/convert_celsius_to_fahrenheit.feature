Feature: Celsius
  Scenario: freezing
    Given the input 0
    When the node runs
    Then the result is 32
