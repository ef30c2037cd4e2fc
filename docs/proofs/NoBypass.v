(* The meta-theorem of no-bypass.md: from one lemma per encoding class to every chain of layers in every context, for every list of
   phrases. Checked by Coq 8.16 (`coqc docs/proofs/NoBypass.v`); it uses no axioms.

   What is particular to this wall: a text is folded before it is decoded, and again after (H); matching is modulo a second homomorphism N
   that the folds determine; a decoder's reading holds the payload only up to characters that fold to nothing. So factors are taken of
   folded texts throughout: that is the alignment argument, and normalising between layers is part of a decoding step. *)
Require Import List Arith Lia.
Import ListNotations.

Section Wall.
Variable A : Type.                       (* characters *)
Variable C : Type.                       (* columns of the phrase automaton *)
Variable h : A -> list A.                (* the fold of one character: `characters` in the tables *)
Variable n : A -> list C.                (* its columns: `letters`, symbols, columns, separators dropped *)
Definition str := list A.
Definition H (x : str) : str := flat_map h x.
Definition N (x : str) : list C := flat_map n x.
Definition factor {X : Type} (w x : list X) := exists u v, x = u ++ w ++ v.

(* Theorems fold-closed and fold-ordered of the checker, over all 1,114,112 code points. *)
Hypothesis h_closed : forall a, flat_map h (h a) = h a.
Hypothesis h_ordered : forall a, flat_map n (h a) = n a.

(* One layer of obfuscation, written over a folded payload, and one step of the filter: from a folded text to the text of a reading. *)
Variable E : str -> str -> Prop.
Variable D : str -> str -> Prop.

(* The lemma that is checked for each class, over folded texts: whatever folded text stands around a span, some reading of the decoder,
   once folded, holds the folded payload. *)
Definition covers := forall w s u v,
  E w s -> exists y, D (H u ++ H s ++ H v) y /\ factor (H w) (H y).

(* k layers over a payload, any context added at each layer. *)
Inductive attack : nat -> str -> str -> Prop :=
| att0 : forall w x, factor w x -> attack 0 w x
| attS : forall k w y s x, attack k w y -> E y s -> factor s x -> attack (S k) w x.

(* k steps of the wall: fold, decode, fold, decode, ... *)
Inductive view : nat -> str -> str -> Prop :=
| view0 : forall x, view 0 x x
| viewS : forall k x y z, D (H x) y -> view k y z -> view (S k) x z.

(* Layer by layer, what the attacker has written may be folded further without changing what the wall sees: a looser attack. *)
Inductive seen : nat -> str -> str -> Prop :=
| seen0 : forall w x, factor (H w) (H x) -> seen 0 w x
| seenS : forall k w y s x, seen k w y -> E y s -> factor (H s) (H x) -> seen (S k) w x.

Lemma H_app : forall x y, H (x ++ y) = H x ++ H y.
Proof. intros. unfold H. apply flat_map_app. Qed.

Lemma N_app : forall x y, N (x ++ y) = N x ++ N y.
Proof. intros. unfold N. apply flat_map_app. Qed.

Lemma H_closed : forall x, H (H x) = H x.
Proof. induction x as [|a x IH]; [reflexivity|]. unfold H in *. simpl. rewrite flat_map_app, h_closed, IH. reflexivity. Qed.

Lemma N_ordered : forall x, N (H x) = N x.
Proof. induction x as [|a x IH]; [reflexivity|]. unfold H, N in *. simpl. rewrite flat_map_app, h_ordered, IH. reflexivity. Qed.

Lemma factor_H : forall w x, factor w x -> factor (H w) (H x).
Proof. intros w x [u [v ->]]. exists (H u), (H v). now rewrite !H_app. Qed.

Lemma factor_N : forall w x, factor w x -> factor (N w) (N x).
Proof. intros w x [u [v ->]]. exists (N u), (N v). now rewrite !N_app. Qed.

Lemma factor_trans : forall (X : Type) (a b c : list X), factor a b -> factor b c -> factor a c.
Proof. intros X a b c [u [v ->]] [u' [v' ->]]. exists (u' ++ u), (v ++ v'). now rewrite !app_assoc. Qed.

Lemma attack_seen : forall k w x, attack k w x -> seen k w x.
Proof.
  intros k w x Ha. induction Ha.
  - apply seen0. now apply factor_H.
  - eapply seenS; eauto. now apply factor_H.
Qed.

Lemma seen_wider : forall k w x x', seen k w x -> factor (H x) (H x') -> seen k w x'.
Proof.
  intros k w x x' Hs F. inversion Hs; subst.
  - apply seen0. eapply factor_trans; eauto.
  - eapply seenS; eauto. eapply factor_trans; eauto.
Qed.

(* A lemma about a span between folded contexts serves a span that only folds to a factor of the folded text. *)
Lemma covers_folded : covers -> forall w s x, E w s -> factor (H s) (H x) -> exists y, D (H x) y /\ factor (H w) (H y).
Proof.
  intros Cv w s x He [u [v Hx]].
  destruct (Cv w s u v He) as [y [Hd Hf]].
  exists y. split; [|assumption].
  assert (Hu : H u ++ H s ++ H v = H x).
  { rewrite <- (H_closed x), Hx, !H_app, H_closed. reflexivity. }
  now rewrite <- Hu.
Qed.

Theorem decoded : covers -> forall k w x, attack k w x -> exists y, view k x y /\ factor (H w) (H y).
Proof.
  intros Cv k w x Ha. apply attack_seen in Ha. revert w x Ha.
  induction k; intros w x Ha; inversion Ha; subst.
  - exists x. split; [constructor|assumption].
  - match goal with [ Hs : seen k w ?y, He : E ?y ?s, Hf : factor (H ?s) (H x) |- _ ] =>
      destruct (covers_folded Cv y s x He Hf) as [y' [Hd Hf']];
      destruct (IHk w y' (seen_wider _ _ _ _ Hs Hf')) as [z [Hv Hz]] end.
    exists z. split; [|assumption]. econstructor; eauto.
Qed.

(* The wall blocks a text if, within K layers, some reading's columns hold the columns of a listed phrase (the automaton, validated per
   list, finds exactly those). *)
Definition blocks (K : nat) (P : str -> Prop) (x : str) := exists k y p, k <= K /\ view k x y /\ P p /\ factor (N p) (N y).

(* No bypass: any list P, any phrase p of it, any text w with the phrase's columns (look-alikes, leet writing, case, invisible and
   separating characters), any chain of at most K layers, any context at each. *)
Theorem no_bypass : covers -> forall K (P : str -> Prop) p w k x,
  P p -> N w = N p -> k <= K -> attack k w x -> blocks K P x.
Proof.
  intros Cv K P p w k x Hp Hw Hk Ha.
  destruct (decoded Cv k w x Ha) as [y [Hv Hf]].
  exists k, y, p. repeat split; try assumption.
  apply factor_N in Hf. rewrite !N_ordered, Hw in Hf. exact Hf.
Qed.

(* Look-alikes written over an encoded span change nothing: a layer of the class, then any text that folds alike. *)
Theorem look_alikes_absorbed : covers -> forall w s s' u v,
  E w s -> H s' = H s -> exists y, D (H (u ++ s' ++ v)) y /\ factor (H w) (H y).
Proof.
  intros Cv w s s' u v He Hs. rewrite !H_app, Hs. now apply Cv.
Qed.
End Wall.

(* Lemmas may be proved one class at a time, and more readings never hurt. *)
Theorem covers_union : forall A (h : A -> list A) (E1 E2 D : list A -> list A -> Prop),
  covers A h E1 D -> covers A h E2 D -> covers A h (fun w s => E1 w s \/ E2 w s) D.
Proof. unfold covers. intros A h E1 E2 D H1 H2 w s u v [He|He]; eauto. Qed.

Theorem covers_mono : forall A (h : A -> list A) (E D D' : list A -> list A -> Prop),
  (forall x y, D x y -> D' x y) -> covers A h E D -> covers A h E D'.
Proof. unfold covers. intros A h E D D' Hs Hc w s u v He. destruct (Hc w s u v He) as [y [Hd Hf]]. eauto. Qed.

(* An outer layer read through an involution r of whole texts (backwards, rot13, atbash) is covered if r turns contexts into contexts. *)
Theorem covers_through : forall A (h : A -> list A) (r : list A -> list A) (E D : list A -> list A -> Prop),
  (forall u s v, exists u' v', r (H A h u ++ H A h (r s) ++ H A h v) = H A h u' ++ H A h s ++ H A h v') ->
  covers A h E D -> covers A h (fun w t => exists s, E w s /\ t = r s) (fun x y => D (r x) y).
Proof.
  unfold covers. intros A h r E D Hr Hc w t u v [s [He ->]].
  destruct (Hr u s v) as [u' [v' Heq]]. destruct (Hc w s u' v' He) as [y [Hd Hf]].
  exists y. split; [|assumption]. now rewrite Heq.
Qed.

Print Assumptions no_bypass.
Print Assumptions covers_through.
