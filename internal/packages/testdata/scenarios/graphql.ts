import { buildSchema, graphql, GraphQLError, GraphQLInt, GraphQLList, GraphQLObjectType, GraphQLSchema, GraphQLString, introspectionFromSchema, parse, printSchema, subscribe, validate } from "graphql";
import { equal, run } from "../check";

const schema = buildSchema("type User { name: String! friends(first: Int = 1): [User!]! } type Query { user(name: String!): User failing: Int } enum Role { ADMIN }");
const find = (name: string): any => ({ name, friends: ({ first }: { first: number }) => Array.from({ length: first }, (_, i) => find(`${name}${i}`)) });
const rootValue = { user: async ({ name }: { name: string }) => find(name), failing: () => { throw new GraphQLError("no", { extensions: { code: "NO" } }); } };
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

run({
  async "queries with variables, aliases and fragments"() {
    const source = "query ($n: String!) { a: user(name: $n) { ...F friends(first: 2) { ...F } } } fragment F on User { name __typename }";
    equal(plain(await graphql({ schema, source, rootValue, variableValues: { n: "x" } })), { data: { a: { name: "x", __typename: "User", friends: [{ name: "x0", __typename: "User" }, { name: "x1", __typename: "User" }] } } });
  },
  async "errors"() {
    equal(plain(await graphql({ schema, source: "{ failing }", rootValue })), { errors: [{ message: "no", locations: [{ line: 1, column: 3 }], path: ["failing"], extensions: { code: "NO" } }], data: { failing: null } });
    equal(validate(schema, parse("{ usr }")).map((error) => error.message), ["Cannot query field \"usr\" on type \"Query\". Did you mean \"user\"?"]);
  },
  "introspection and printing"() {
    equal(introspectionFromSchema(schema).__schema.queryType.name, "Query");
    equal(printSchema(schema).includes("friends(first: Int = 1): [User!]!"), true);
  },
  async "subscriptions"() {
    const Subscription = new GraphQLObjectType({ name: "Subscription", fields: { count: { type: GraphQLInt, args: { to: { type: GraphQLInt } }, subscribe: async function* (_, { to }) { for (let count = 1; count <= to; count++) yield { count }; } } } });
    const Query = new GraphQLObjectType({ name: "Query", fields: { x: { type: new GraphQLList(GraphQLString) } } });
    const results: any = await subscribe({ schema: new GraphQLSchema({ query: Query, subscription: Subscription }), document: parse("subscription { count(to: 3) }") });
    const counts = [];
    for await (const { data } of results) counts.push(data.count);
    equal(counts, [1, 2, 3]);
  },
});
