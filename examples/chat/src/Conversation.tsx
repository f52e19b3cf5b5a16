import { insertAtTop, useMutation, usePaginatedQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { ConvexError } from "convex/values";
import { useState } from "react";
import type { FormEvent, KeyboardEvent } from "react";
import { api } from "../convex/_generated/api";
import type { Doc, Id } from "../convex/_generated/dataModel";
import { colorOf } from "./people";

const PAGE = 25;
const EMOJI = ["👍", "❤️", "😂", "🎉"] as const;

type Message = FunctionReturnType<typeof api.messages.page>["page"][number];

/** One channel: messages grow from the bottom; scrolling back loads older pages. */
export function Conversation(props: { channel: Doc<"channels">; nickname: string }) {
  const { channel, nickname } = props;
  const { results, status, loadMore } = usePaginatedQuery(
    api.messages.page,
    { channel: channel._id },
    { initialNumItems: PAGE },
  );

  return (
    <>
      <header>
        <h2># {channel.name}</h2>
        <p>{channel.topic}</p>
      </header>
      <ol className="messages" aria-label="Messages" aria-busy={status === "LoadingFirstPage"}>
        {results.map((message) => (
          <MessageItem key={message._id} message={message} nickname={nickname} />
        ))}
        {status === "Exhausted" && results.length === 0 && (
          <li className="hint">Nothing here yet. Say something.</li>
        )}
        {status === "CanLoadMore" && (
          <li className="more">
            <button onClick={() => loadMore(PAGE)}>Show older messages</button>
          </li>
        )}
      </ol>
      <Composer channel={channel._id} nickname={nickname} />
    </>
  );
}

function MessageItem(props: { message: Message; nickname: string }) {
  const { message, nickname } = props;
  const react = useMutation(api.messages.react);
  const pending = message._id.startsWith("pending-");
  const given = (emoji: string) =>
    message.reactions.find((one) => one.emoji === emoji)?.authors ?? [];

  return (
    <li className={pending ? "message pending" : "message"}>
      <span className="avatar" style={{ background: colorOf(message.author) }} aria-hidden>
        {message.author.slice(0, 1)}
      </span>
      <div>
        <p className="byline">
          <strong>{message.author}</strong>
          <time dateTime={new Date(message._creationTime).toISOString()}>
            {new Date(message._creationTime).toLocaleTimeString([], {
              hour: "2-digit",
              minute: "2-digit",
            })}
          </time>
        </p>
        <p className="body">{message.body}</p>
        <div className="reactions">
          {EMOJI.map((emoji) => (
            <button
              key={emoji}
              disabled={pending}
              aria-label={`React with ${emoji}`}
              aria-pressed={given(emoji).includes(nickname)}
              className={given(emoji).length === 0 ? "unused" : undefined}
              title={given(emoji).join(", ")}
              onClick={() => void react({ message: message._id, author: nickname, emoji })}
            >
              {emoji} {given(emoji).length || ""}
            </button>
          ))}
        </div>
      </div>
    </li>
  );
}

function Composer(props: { channel: Id<"channels">; nickname: string }) {
  // The message is on the page before the server has answered, and replaced by the real one then.
  const send = useMutation(api.messages.send).withOptimisticUpdate((store, args) => {
    insertAtTop({
      paginatedQuery: api.messages.page,
      argsToMatch: { channel: args.channel },
      localQueryStore: store,
      item: {
        _id: `pending-${crypto.randomUUID()}` as Id<"messages">,
        _creationTime: Date.now(),
        ...args,
        reactions: [],
      },
    });
  });
  const [draft, setDraft] = useState("");
  const [problem, setProblem] = useState<string | null>(null);

  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    const body = draft;
    setDraft("");
    setProblem(null);
    try {
      await send({ channel: props.channel, author: props.nickname, body });
    } catch (error) {
      setDraft((now) => now || body);
      setProblem(error instanceof ConvexError ? String(error.data) : "The message was not sent.");
    }
  };
  const submitOnEnter = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void submit();
    }
  };

  return (
    <form className="composer" onSubmit={submit}>
      {problem && <p role="alert">{problem}</p>}
      <textarea
        aria-label="Message"
        placeholder="Write a message, Enter sends it"
        rows={1}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={submitOnEnter}
        autoFocus
      />
      <button type="submit">Send</button>
    </form>
  );
}
